/**
 * The IndexedDB home of the model store. The index and the chunks are two databases: the index is small and
 * read often. Chunks are Blobs, which browsers keep on disk, one record and one transaction each, so that no
 * transaction holds a whole model.
 */

import { createStore, entries, get, getMany, keys, promisifyRequest, set, del } from 'idb-keyval';
import { ok, type Result } from '../../src/base/result.ts';
import { parseDiffusion } from '../../src/models/stored-diffusion.ts';
import { parseImported } from '../../src/models/imported.ts';
import type { ModelStore, StoredModel } from '../../src/models/model-store.ts';
import { ifFree, withLock } from './lock.ts';
import { storageFailure } from './storage-failure.ts';

/** Some browsers never answer when their storage is broken. */
export const usualPatience = 10_000;

export function openIndexedStore(name = 'enlarger-models', patience = usualPatience): ModelStore {
  const index = createStore(name, 'index');
  const chunkStore = createStore(`${name}-chunks`, 'chunks');

  const removeChunks = (id: string): Promise<void> =>
    chunkStore('readwrite', (store) => {
      // Every key [id, n]: an array sorts after all numbers.
      store.delete(IDBKeyRange.bound([id], [id, []]));
      return promisifyRequest(store.transaction);
    });

  const remove = async (id: string): Promise<void> => {
    await del(id, index);
    await removeChunks(id);
  };

  /** Whoever writes shares it, so that what is only half there is told from what a dead worker left. */
  const writers = `${name}-writers`;

  const removeStray = async (): Promise<void> => {
    // Whoever waits for this goes on after that long, and may write under an id that is stray now.
    const end = performance.now() + patience;
    const ids = (await keys<IDBValidKey>(chunkStore)).map((key) => (Array.isArray(key) ? key[0] : null));
    const known = new Set<unknown>(await keys(index));
    for (const id of new Set(ids)) {
      if (performance.now() > end) return;
      if (typeof id === 'string' && !known.has(id)) await removeChunks(id);
    }
  };
  let tidied: Promise<unknown> | null = null;
  /** Frees what unfinished writings left, once a visit, as soon as nobody writes. Tries again after a failure. */
  const tidy = async (): Promise<void> => {
    tidied ??= ifFree(writers, () => inTime(removeStray(), patience)).then(
      (done) => {
        if (!done) tidied = null;
      },
      () => {
        tidied = null;
      },
    );
    await tidied;
  };

  const write = (...all: Parameters<ModelStore['write']>): Promise<boolean> =>
    withLock(writers, 'shared', () => writeAlone(...all));

  const writeAlone = async (
    ...[id, bytes, chunks, finish]: Parameters<ModelStore['write']>
  ): Promise<boolean> => {
    await inTime(del(id, index), patience);
    try {
      await removeChunks(id);
      let count = 0;
      for await (const chunk of chunks) await set([id, count++], chunk, chunkStore);
      const told = finish();
      if (!told) {
        await remove(id);
        return false;
      }
      const entry: StoredModel = { ...told, id, bytes, chunks: count };
      await set(id, entry, index);
      return true;
    } catch (thrown) {
      // What was written is of no use, and takes room.
      await remove(id).catch(() => undefined);
      throw thrown;
    }
  };

  return {
    get: (id) =>
      guarded(0, async () => {
        const entry: unknown = await inTime(get(id, index), patience);
        if (!isStoredModel(entry)) return null;
        const keys = Array.from({ length: entry.chunks }, (_, n) => [id, n]);
        const found: unknown[] = await getMany(keys, chunkStore);
        const blobs = found.filter((chunk) => chunk instanceof Blob);
        return { entry, bytes: new Blob(blobs, { type: 'application/octet-stream' }) };
      }),

    put: (model, chunks) =>
      guarded(model.bytes, async () => {
        await write(model.id, model.bytes, chunks, () => model);
        return null;
      }),

    write: (id, bytes, chunks, finish) => guarded(bytes, () => write(id, bytes, chunks, finish)),

    describe: (id, diffusion) =>
      guarded(0, async () => {
        const entry: unknown = await inTime(get(id, index), patience);
        if (isStoredModel(entry)) await set(id, { ...entry, diffusion }, index);
        return null;
      }),

    rename: (id, name) =>
      guarded(0, async () => {
        const entry: unknown = await inTime(get(id, index), patience);
        if (isStoredModel(entry)) await set(id, renamed(entry, name), index);
        return null;
      }),

    remove: (id) =>
      guarded(0, async () => {
        await inTime(del(id, index), patience);
        await removeChunks(id);
        return null;
      }),

    list: () => {
      void tidy();
      return guarded(0, async () => {
        const all: [IDBValidKey, unknown][] = await inTime(entries(index), patience);
        return all.map(([, entry]) => entry).filter(isStoredModel);
      });
    },

    alone: (work, signal) =>
      withLock(
        `${name}-alone`,
        'exclusive',
        async () => {
          await tidy();
          return work();
        },
        signal,
      ),
  };
}

/** Storage that throws or does not answer, as a failure. `needed`: bytes that were to be written. */
export async function guarded<T>(needed: number, work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work());
  } catch (thrown) {
    return { ok: false, error: await storageFailure(thrown, needed) };
  }
}

/** Rejects when there is no answer within `patience` milliseconds. */
export function inTime<T>(work: Promise<T>, patience: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${patience / 1000} seconds`));
    }, patience);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/** Shipped models keep their names. */
export function renamed(entry: StoredModel, name: string): StoredModel {
  return {
    ...entry,
    ...(entry.imported && { imported: { ...entry.imported, name } }),
    ...(entry.diffusion && { diffusion: { ...entry.diffusion, name } }),
  };
}

function isStoredModel(entry: unknown): entry is StoredModel {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'id' in entry &&
    typeof entry.id === 'string' &&
    'bytes' in entry &&
    typeof entry.bytes === 'number' &&
    'sha256' in entry &&
    typeof entry.sha256 === 'string' &&
    'chunks' in entry &&
    typeof entry.chunks === 'number' &&
    Number.isSafeInteger(entry.chunks) &&
    (!('imported' in entry) || parseImported(entry.imported) !== null) &&
    (!('diffusion' in entry) || parseDiffusion(entry.diffusion) !== null)
  );
}
