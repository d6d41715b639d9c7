/**
 * The IndexedDB home of partial downloads: apart from the models, so that nothing half is ever taken for whole.
 * A record of bytes is written before the entry that counts it.
 */

import { createStore, entries, get, promisifyRequest, set } from 'idb-keyval';
import * as v from 'valibot';
import { guarded, inTime, usualPatience } from '../indexed-store.ts';
import type { PartialEntry, PartialStore } from './partial-store.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const entrySchema = v.object({
  model: v.string(),
  file: count,
  url: v.string(),
  total: count,
  modelTotal: count,
  version: v.nullable(v.string()),
  bytes: count,
});
const recordSchema = v.object({ at: count, bytes: v.instance(Blob) });

export function openIndexedPartials(name = 'enlarger-partial', patience = usualPatience): PartialStore {
  const index = createStore(name, 'index');
  const records = createStore(`${name}-chunks`, 'chunks');

  const drop = (store: ReturnType<typeof createStore>, prefix: readonly (string | number)[]): Promise<void> =>
    store('readwrite', (objects) => {
      // Every key that begins so: an array sorts after all numbers and strings.
      objects.delete(IDBKeyRange.bound([...prefix], [...prefix, []]));
      return promisifyRequest(objects.transaction);
    });

  return {
    get: (model, file) =>
      guarded(0, async () => {
        const entry = read(await inTime(get<unknown>([model, file], index), patience));
        if (!entry) return null;
        const found: unknown[] = await records('readonly', (objects) =>
          promisifyRequest(objects.getAll(IDBKeyRange.bound([model, file], [model, file, []]))),
        );
        return { entry, bytes: joined(found) };
      }),

    begin: (entry) =>
      guarded(0, async () => {
        await inTime(drop(records, [entry.model, entry.file]), patience);
        await set([entry.model, entry.file], entry, index);
        return null;
      }),

    append: (entry, bytes) =>
      guarded(bytes.size, async () => {
        const { model, file, bytes: at } = entry;
        await set([model, file, at], { at, bytes }, records);
        await set([model, file], { ...entry, bytes: at + bytes.size }, index);
        return null;
      }),

    remove: (model) =>
      guarded(0, async () => {
        await inTime(drop(index, [model]), patience);
        await drop(records, [model]);
        return null;
      }),

    list: () =>
      guarded(0, async () => {
        const all: [IDBValidKey, unknown][] = await inTime(entries(index), patience);
        return all.map(([, entry]) => read(entry)).filter((entry) => entry !== null);
      }),
  };
}

function read(stored: unknown): PartialEntry | null {
  const parsed = v.safeParse(entrySchema, stored);
  return parsed.success ? parsed.output : null;
}

/** The bytes from the start to the first gap. */
function joined(found: readonly unknown[]): Blob {
  const parts: Blob[] = [];
  let bytes = 0;
  for (const each of found) {
    const record = v.safeParse(recordSchema, each);
    if (!record.success || record.output.at !== bytes) break;
    parts.push(record.output.bytes);
    bytes += record.output.bytes.size;
  }
  return new Blob(parts, { type: 'application/octet-stream' });
}
