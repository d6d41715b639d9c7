/** PyTorch's files since 1.6: a ZIP archive with `data.pkl`, and each storage a member of its own, as a rule stored. */

import { ok, type Result } from '../../base/result.ts';
import type { TensorTable } from '../tensor-table.ts';
import { memberBlob } from '../zip/member.ts';
import { dataOffset, type ZipEntry } from '../zip/reader.ts';
import { collectTensors, type Collected } from './collect.ts';
import { damaged, needsGlobal, unsupported } from './damaged.ts';
import { unpickle } from './pickle.ts';
import { placeTensors, type StoragePlace } from './place.ts';

const pickleName = /(^|\/)data\.pkl$/;
const mostPickleBytes = 64 << 20;
const mostInflatedBytes = 4 * 2 ** 30;
/** Headers that are read at a time. */
const batch = 64;

/** The member that says what the archive holds, where it is one of PyTorch's. */
export function pickleEntry(entries: readonly ZipEntry[]): ZipEntry | undefined {
  return entries.filter(({ name }) => pickleName.test(name)).sort((a, b) => a.name.length - b.name.length)[0];
}

/** Throws `BadPickle` and `PickleCut`. Failures: `model-damaged`, `model-unsupported`. */
export async function readZipFile(
  blob: Blob,
  entries: readonly ZipEntry[],
  pickle: ZipEntry,
): Promise<Result<TensorTable>> {
  const root = pickle.name.slice(0, -'data.pkl'.length);
  const members = new Map(entries.map((entry) => [entry.name, entry]));
  const order = members.get(`${root}byteorder`);
  if (order && order.bytes <= 16) {
    const text = await memberBlob(blob, order);
    if (text.ok && (await text.value.text()) === 'big') {
      return unsupported(
        'This PyTorch file was written by a big-endian machine',
        'Save it as .safetensors.',
        'big-endian',
      );
    }
  }
  if (pickle.bytes > mostPickleBytes) return damaged('its description is larger than 64 MiB', 'limit');
  const packed = await memberBlob(blob, pickle);
  if (!packed.ok) return packed;
  const { value } = unpickle(new Uint8Array(await packed.value.arrayBuffer()));
  const collected = collectTensors(value);
  if (collected.needs !== null) return needsGlobal(collected.needs);
  const places = await placeStorages(blob, members, root, collected);
  if (!places.ok) return places;
  return placeTensors(places.value.blob, collected.tensors, places.value.places);
}

/** Packed storages are inflated behind the file; stored ones stay where they are. */
async function placeStorages(
  blob: Blob,
  members: ReadonlyMap<string, ZipEntry>,
  root: string,
  { tensors }: Collected,
): Promise<Result<{ blob: Blob; places: ReadonlyMap<string, StoragePlace> }>> {
  const keys = [...new Set([...tensors.values()].map(({ storage }) => storage.key))];
  const found = keys.flatMap((key) => {
    const entry = members.get(`${root}data/${key}`);
    return entry ? [{ key, entry }] : [];
  });
  const places = new Map<string, StoragePlace>();
  const stored = found.filter(({ entry }) => entry.stored);
  for (let at = 0; at < stored.length; at += batch) {
    const offsets = stored.slice(at, at + batch).map(async ({ key, entry }) => {
      const offset = await dataOffset(blob, entry);
      if (offset !== null) places.set(key, { offset, bytes: entry.bytes });
    });
    await Promise.all(offsets);
  }
  const parts: Blob[] = [blob];
  let end = blob.size;
  for (const { key, entry } of found.filter((one) => !one.entry.stored)) {
    if (end - blob.size + entry.bytes > mostInflatedBytes)
      return damaged('it unpacks to over 4 GiB', 'limit');
    const inflated = await memberBlob(blob, entry);
    if (!inflated.ok) return inflated;
    parts.push(inflated.value);
    places.set(key, { offset: end, bytes: entry.bytes });
    end += entry.bytes;
  }
  return ok({ blob: parts.length === 1 ? blob : new Blob(parts), places });
}
