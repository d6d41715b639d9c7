/**
 * PyTorch's files before 1.6: five pickles one after another (a magic number, a version, the machine, the data,
 * the storages' keys), then each storage as a count and its values.
 */

import type { Result } from '../../base/result.ts';
import { dtypeBytes } from '../tensor-bytes.ts';
import type { Dtype, TensorTable } from '../tensor-table.ts';
import { collectTensors } from './collect.ts';
import { damaged, needsGlobal, unsupported } from './damaged.ts';
import { PickleCut, unpickle } from './pickle.ts';
import { placeTensors, type StoragePlace } from './place.ts';
import { isKind, type PickleValue } from './values.ts';

const magic = 0x1950a86a20f9469cfc6cn;
const firstBytes = 256 * 1024;
const mostPickleBytes = 64 << 20;

/** Throws `BadPickle` and `PickleCut`. Failures: `model-damaged`, `model-unsupported`. */
export async function readStreamFile(blob: Blob): Promise<Result<TensorTable>> {
  const { values, end, storages } = await readPickles(blob);
  const [first, , machine, data, keys] = values;
  if (first !== magic) {
    return unsupported(
      'This is a pickle of another program than PyTorch',
      'Open the weights as .safetensors, .pth or .onnx.',
      'foreign-pickle',
    );
  }
  if (isKind(machine, 'dict') && machine.items.get('little_endian') === false) {
    return unsupported(
      'This PyTorch file was written by a big-endian machine',
      'Save it as .safetensors.',
      'big-endian',
    );
  }
  const collected = collectTensors(data ?? null);
  if (collected.needs !== null) return needsGlobal(collected.needs);
  const places = await placeStorages(blob, end, keys ?? null, storages);
  if (!places.ok) return places;
  return placeTensors(blob, collected.tensors, places.value);
}

interface Pickles {
  readonly values: readonly PickleValue[];
  readonly end: number;
  readonly storages: ReadonlyMap<string, Dtype | null>;
}

/** How long the pickles are is known when they end: more of the file is read until they do. */
async function readPickles(blob: Blob): Promise<Pickles> {
  for (let length = firstBytes; ; length *= 4) {
    const bytes = new Uint8Array(await blob.slice(0, Math.min(length, mostPickleBytes)).arrayBuffer());
    try {
      const values: PickleValue[] = [];
      const storages = new Map<string, Dtype | null>();
      let end = 0;
      for (let index = 0; index < 5; index++) {
        const result = unpickle(bytes, end);
        values.push(result.value);
        end = result.end;
        for (const [key, dtype] of result.storages) storages.set(key, dtype);
        if (index === 0 && result.value !== magic) break;
      }
      return { values, end, storages };
    } catch (thrown) {
      if (!(thrown instanceof PickleCut) || length >= Math.min(mostPickleBytes, blob.size)) throw thrown;
    }
  }
}

/** The storages lie in the order of the keys; how wide their values are stands in the data. */
async function placeStorages(
  blob: Blob,
  start: number,
  keys: PickleValue,
  storages: ReadonlyMap<string, Dtype | null>,
): Promise<Result<ReadonlyMap<string, StoragePlace>>> {
  if (!isKind(keys, 'list')) return damaged('its list of storages is missing', 'pickle');
  const places = new Map<string, StoragePlace>();
  let at = start;
  for (const key of keys.items) {
    const dtype = typeof key === 'string' ? storages.get(key) : undefined;
    // What comes behind it cannot be found; a tensor that needs it says so.
    if (typeof key !== 'string' || dtype === undefined) break;
    const count = new DataView(await blob.slice(at, at + 8).arrayBuffer());
    if (count.byteLength < 8) return damaged('it is cut short', 'truncated');
    const width = dtype === null ? 1 : dtypeBytes[dtype];
    const bytes = Number(count.getBigUint64(0, true)) * width;
    at += 8;
    if (!(at + bytes <= blob.size)) return damaged('it is cut short', 'truncated');
    places.set(key, { offset: at, bytes });
    at += bytes;
  }
  return { ok: true, value: places };
}
