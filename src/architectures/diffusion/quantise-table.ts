/** The weights of a part in 8 and 4 bits, tensor by tensor; everything else stays where it lies. */

import { invariant } from '../../base/assert.ts';
import type { AppendedTable } from '../../formats/appended-table.ts';
import { dtypeBytes, valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorEntry } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { scaleName } from '../graph-builder.ts';
import { packedName, packedScales, packedZeros, type PackedBits } from '../packed.ts';
import { quantiseChannels, quantiseMatrix } from './nbits.ts';

/** Inputs of a matrix that share a scale. */
const block = 32;
const largestHalf = 65504;

const lookedUp = /(token|position)_embedding|quantize\.|codebook/;

/** Whether it is a table of vectors that are looked up, row by row: no operator widens a row of these. */
export function isLookedUp(name: string): boolean {
  return lookedUp.test(name);
}

/** What can be stored in fewer bits: matrices in 8 or 4, convolutions in 8. */
export function packable(tensors: Iterable<TensorSpec>): ReadonlyMap<string, 'matrix' | 'convolution'> {
  const found = new Map<string, 'matrix' | 'convolution'>();
  for (const { name, shape } of tensors) {
    if (!name.endsWith('.weight') || isLookedUp(name)) continue;
    if (shape.length === 4) found.set(name, 'convolution');
    else if (shape.length === 2 && (shape[1] ?? 0) % block === 0) found.set(name, 'matrix');
  }
  return found;
}

type LaidTensor = Omit<TensorEntry, 'offset' | 'bytes'>;

/** What a tensor becomes in so many bits, around zero: its integers, and their scales. A convolution has 8 whatever is asked. */
export function packedTensors({ name, shape }: TensorSpec, bits: PackedBits): readonly LaidTensor[] {
  const [outputs = 1, inputs = 1] = shape;
  if (shape.length === 4) {
    return [
      { name, dtype: 'i8', shape },
      { name: scaleName(name), dtype: 'f32', shape: [outputs] },
    ];
  }
  const blocks = inputs / block;
  return [
    { name: packedName(name, bits), dtype: 'u8', shape: [outputs, blocks, (block * bits) / 8] },
    { name: packedScales(name), dtype: 'f16', shape: [outputs, blocks] },
  ];
}

/** How many bytes a tensor takes in so many bits, with its scales. */
export function packedBytes(spec: TensorSpec, bits: PackedBits): number {
  return packedTensors(spec, bits).reduce(
    (sum, { dtype, shape }) => sum + valueCount(shape) * dtypeBytes[dtype],
    0,
  );
}

/**
 * Writes a tensor in so many bits, in place of the one of its name. False, and nothing is written, where values are no numbers or beyond
 * half precision.
 */
export async function putPacked(
  table: AppendedTable,
  spec: TensorSpec,
  values: Float32Array,
  bits: PackedBits,
  symmetric = true,
): Promise<boolean> {
  const { name, shape } = spec;
  const [outputs = 1, inputs = 1] = shape;
  if (!values.every((value) => Math.abs(value) <= largestHalf)) return false;
  const put = async (laid: LaidTensor | undefined, data: ArrayBufferView<ArrayBuffer>): Promise<void> => {
    invariant(laid, `${name} has no place for its values`);
    await table.put(laid, whole(data));
  };
  const [laidValues, laidScales] = packedTensors(spec, bits);
  if (shape.length === 4) {
    const { integers, scales } = quantiseChannels(values, outputs);
    await put(laidValues, integers);
    await put(laidScales, scales);
    return true;
  }
  const { packed, scales, zeros } = quantiseMatrix(values, inputs, { bits, block, symmetric });
  await put(laidValues, packed);
  await put(laidScales, scales);
  if (zeros)
    await put({ name: packedZeros(name), dtype: 'u8', shape: [outputs, zeros.length / outputs] }, zeros);
  table.drop(name);
  return true;
}

async function* whole(values: ArrayBufferView<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
