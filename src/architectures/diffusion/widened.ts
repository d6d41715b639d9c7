/** The values of a tensor however it is stored, also in few bits. */

import { singlesOf } from '../../formats/convert-dtypes.ts';
import { tensorBytes } from '../../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import { scaleName } from '../graph-builder.ts';
import { isChannelScale, packedMatrix, type PackedBits } from '../packed.ts';
import { dequantiseChannels, dequantiseMatrix } from './nbits.ts';

/** How many bits a tensor is packed in; null where it is not, or in a way of other programs. */
export function packedIn(table: TensorTable, name: string): PackedBits | null {
  const matrix = packedMatrix(table, name);
  if (matrix) return matrix.bits;
  const entry = table.tensors.get(name);
  const scale = table.tensors.get(scaleName(name));
  return entry && scale && isChannelScale(scale, entry) ? 8 : null;
}

/** Singles in the tensor's order; null where there is none of that name, or nothing tells what its integers stand for. */
export async function widenedValues(
  table: TensorTable,
  name: string,
): Promise<Float32Array<ArrayBuffer> | null> {
  const matrix = packedMatrix(table, name);
  if (matrix) {
    const { bits, inputs } = matrix;
    const [packed, scales] = [await bytesOf(table, matrix.values), await singles(table, matrix.scales)];
    const zeros = matrix.zeros && (await bytesOf(table, matrix.zeros));
    return scales && dequantiseMatrix({ packed, scales, zeros }, inputs, bits);
  }
  const entry = table.tensors.get(name);
  if (!entry) return null;
  if (entry.dtype !== 'i8') return singles(table, entry);
  const scale = table.tensors.get(scaleName(name));
  const scales = scale && isChannelScale(scale, entry) ? await singles(table, scale) : null;
  const integers = new Int8Array((await bytesOf(table, entry)).buffer);
  return scales && dequantiseChannels({ integers, scales });
}

function bytesOf(table: TensorTable, entry: TensorEntry): Promise<Uint8Array<ArrayBuffer>> {
  return tensorBytes(table, entry);
}

async function singles(table: TensorTable, entry: TensorEntry): Promise<Float32Array<ArrayBuffer> | null> {
  return singlesOf((await tensorBytes(table, entry)).buffer, entry.dtype);
}
