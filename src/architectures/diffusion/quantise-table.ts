/** The weights of a part in 8 and 4 bits, tensor by tensor; everything else stays where it lies. */

import { AppendedTable, type ByteStore } from '../../formats/appended-table.ts';
import { singlesOf } from '../../formats/convert-dtypes.ts';
import { tensorBytes, valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { scaleName } from '../graph-builder.ts';
import { packedName, packedScales, packedZeros, type PackedBits } from '../packed.ts';
import type { Continue } from '../smaller.ts';
import { quantiseChannels, quantiseMatrix, type NBitsForm } from './nbits.ts';

/** Inputs of a matrix that share a scale. */
const block = 32;
const largestHalf = 65504;

/** Tables of vectors that are looked up, row by row: no operator widens a row of these. */
const lookedUp = /(token|position)_embedding|quantize\.|codebook/;

/** What `quantiseTable` can store in fewer bits: matrices in 8 or 4, convolutions in 8. */
export function packable(tensors: Iterable<TensorSpec>): ReadonlyMap<string, 'matrix' | 'convolution'> {
  const found = new Map<string, 'matrix' | 'convolution'>();
  for (const { name, shape } of tensors) {
    if (!name.endsWith('.weight') || lookedUp.test(name)) continue;
    if (shape.length === 4) found.set(name, 'convolution');
    else if (shape.length === 2 && (shape[1] ?? 0) % block === 0) found.set(name, 'matrix');
  }
  return found;
}

/** How many bytes a tensor takes in so many bits, with its scales. */
export function packedBytes({ shape }: TensorSpec, bits: PackedBits): number {
  const values = valueCount(shape);
  return shape.length === 4 ? values + 4 * (shape[0] ?? 0) : (values * bits) / 8 + 2 * (values / block);
}

/**
 * The table with the tensors of the plan in so many bits: matrices whose inputs are whole blocks under the names of
 * `packed.ts`, convolutions always in 8 bits with a scale an output. Tensors of other shapes, of integers, or with values
 * that are no numbers or beyond half precision stay as they are. Null when `go` ended it.
 */
export async function quantiseTable(
  table: TensorTable,
  plan: ReadonlyMap<string, PackedBits>,
  store: ByteStore,
  { symmetric = true, go = () => true }: { readonly symmetric?: boolean; readonly go?: Continue } = {},
): Promise<TensorTable | null> {
  const appended = new AppendedTable(table, store);
  const entries = [...plan.keys()].flatMap((name) => table.tensors.get(name) ?? []);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const entry of entries) {
    if (!go(done, total)) return null;
    done += entry.bytes;
    const { name, shape, dtype } = entry;
    const [outputs = 1, inputs = 1] = shape;
    if (shape.length !== 4 && (shape.length !== 2 || inputs % block !== 0)) continue;
    const values = singlesOf((await tensorBytes(table, entry)).buffer, dtype);
    if (!values?.every((value) => Math.abs(value) <= largestHalf)) continue;
    if (shape.length === 4) {
      const { integers, scales } = quantiseChannels(values, outputs);
      await appended.put({ name, dtype: 'i8', shape }, whole(integers));
      await appended.put({ name: scaleName(name), dtype: 'f32', shape: [outputs] }, whole(scales));
      continue;
    }
    const form: NBitsForm = { bits: plan.get(name) ?? 8, block, symmetric };
    const { packed, scales, zeros } = quantiseMatrix(values, inputs, form);
    const blocks = inputs / block;
    const packedShape = [outputs, blocks, (block * form.bits) / 8];
    await appended.put({ name: packedName(name, form.bits), dtype: 'u8', shape: packedShape }, whole(packed));
    await appended.put({ name: packedScales(name), dtype: 'f16', shape: [outputs, blocks] }, whole(scales));
    if (zeros) {
      const zeroShape = [outputs, zeros.length / outputs];
      await appended.put({ name: packedZeros(name), dtype: 'u8', shape: zeroShape }, whole(zeros));
    }
    appended.drop(name);
  }
  go(total, total);
  return appended.finish();
}

async function* whole(values: ArrayBufferView<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
