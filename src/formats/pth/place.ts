/** Puts the tensors that a pickle describes to the bytes that its file holds. */

import { ok, type Result } from '../../base/result.ts';
import { dtypeBytes, valueCount } from '../tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../tensor-table.ts';
import { damaged } from './damaged.ts';
import { inRowOrder, isContiguous, spanOf } from './strided.ts';
import type { PickleTensor } from './values.ts';

/** Where a storage lies in the Blob. */
export interface StoragePlace {
  readonly offset: number;
  readonly bytes: number;
}

/** What may be read and written to bring tensors into row-major order, beyond twice the file's size. */
const freeCopyBytes = 64 << 20;

/**
 * Contiguous tensors become ranges of `blob`; others are copied into row-major order behind it. Failures:
 * `model-damaged` for a tensor that reaches outside of its storage, or a storage that is not there.
 */
export async function placeTensors(
  blob: Blob,
  described: ReadonlyMap<string, PickleTensor>,
  places: ReadonlyMap<string, StoragePlace>,
): Promise<Result<TensorTable>> {
  const tensors = new Map<string, TensorEntry>();
  const copies: Blob[] = [];
  let end = blob.size;
  let budget = freeCopyBytes + 2 * blob.size;
  for (const [name, { storage, dtype, offset, shape, strides }] of described) {
    const place = places.get(storage.key);
    if (!place) return damaged(`the values of the tensor "${name}" are missing`, 'bounds');
    const width = dtypeBytes[dtype];
    const span = spanOf(shape, strides) * width;
    const start = (storage.start + offset) * width;
    if (!(start >= 0 && start + span <= place.bytes)) {
      return damaged(`the tensor "${name}" reaches beyond its ${place.bytes} bytes`, 'bounds');
    }
    const bytes = valueCount(shape) * width;
    const entry = { name, dtype, shape, offset: place.offset + start, bytes };
    if (isContiguous(shape, strides)) {
      tensors.set(name, entry);
      continue;
    }
    budget -= span + bytes;
    if (!(budget >= 0)) return damaged('its tensors repeat the same values without end', 'limit');
    const values = await blob.slice(entry.offset, entry.offset + span).arrayBuffer();
    const padding = (8 - (end % 8)) % 8;
    copies.push(new Blob([new Uint8Array(padding), inRowOrder(values, shape, strides, width)]));
    tensors.set(name, { ...entry, offset: end + padding });
    end += padding + bytes;
  }
  return ok({ blob: copies.length === 0 ? blob : new Blob([blob, ...copies]), tensors });
}
