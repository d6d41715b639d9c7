/**
 * Matrices in 8 or 4 bits that stay so on the GPU and are widened there at every use: what onnxruntime's operator
 * MatMulNBits takes. Beside a matrix `name` [outputs, inputs] its file has, instead of it, `name.q8` or `name.q4`
 * u8 [outputs, blocks, bytes of a block], `name.scales` [outputs, blocks] and, where blocks are not symmetric,
 * `name.zeros` u8 [outputs, bytes of a row].
 */

import { invariant } from '../base/assert.ts';
import type { TensorEntry, TensorTable } from '../formats/tensor-table.ts';

export type PackedBits = 4 | 8;

export interface PackedMatrix {
  readonly bits: PackedBits;
  readonly outputs: number;
  readonly inputs: number;
  /** Inputs that share a scale. */
  readonly block: number;
  readonly values: TensorEntry;
  readonly scales: TensorEntry;
  readonly zeros: TensorEntry | null;
}

export function packedName(name: string, bits: PackedBits): string {
  return `${name}.q${bits}`;
}

export function packedScales(name: string): string {
  return `${name}.scales`;
}

export function packedZeros(name: string): string {
  return `${name}.zeros`;
}

/** The matrix of this name as it is packed; null where it is not, or where its tensors do not fit each other. */
export function packedMatrix(table: TensorTable, name: string): PackedMatrix | null {
  for (const bits of [4, 8] as const) {
    const values = table.tensors.get(packedName(name, bits));
    const scales = table.tensors.get(packedScales(name));
    const [outputs = 0, blocks = 0, bytes = 0] = values?.shape ?? [];
    const block = (bytes * 8) / bits;
    if (
      values?.dtype !== 'u8' ||
      values.shape.length !== 3 ||
      block < 16 ||
      !Number.isInteger(Math.log2(block))
    )
      continue;
    if (!scales || (scales.dtype !== 'f16' && scales.dtype !== 'f32')) continue;
    const zeros = table.tensors.get(packedZeros(name)) ?? null;
    const zeroBytes = outputs * Math.ceil((blocks * bits) / 8);
    if (scales.shape.join() !== `${outputs},${blocks}` || (zeros && zeros.bytes !== zeroBytes)) continue;
    return { bits, outputs, inputs: blocks * block, block, values, scales, zeros };
  }
  return null;
}

/** Whether an 8-bit tensor has a scale for each of its outputs and is widened on the GPU too. */
export function isChannelScale(scale: TensorEntry, { dtype, shape }: TensorEntry): boolean {
  const [outputs = 1] = shape;
  return dtype === 'i8' && shape.length > 1 && outputs > 1 && scale.shape.join() === `${outputs}`;
}

const packedEnd = /\.q[48]$/;

/** The table with each packed matrix under its plain name and shape too, so that it is recognised and checked as any other. */
export function withPlainNames(table: TensorTable): TensorTable {
  const tensors = new Map(table.tensors);
  for (const { name: packed, dtype, offset, bytes } of table.tensors.values()) {
    const name = packed.replace(packedEnd, '');
    if (name === packed || tensors.has(name)) continue;
    const matrix = packedMatrix(table, name);
    if (matrix) tensors.set(name, { name, dtype, shape: [matrix.outputs, matrix.inputs], offset, bytes });
  }
  return tensors.size === table.tensors.size ? table : { blob: table.blob, tensors };
}

/** Attributes of the operator for a matrix. */
export function packedAttributes({
  inputs,
  outputs,
  bits,
  block,
}: PackedMatrix): Record<string, { readonly int: number }> {
  invariant(inputs % block === 0, 'A row of a packed matrix is whole blocks');
  return { K: { int: inputs }, N: { int: outputs }, bits: { int: bits }, block_size: { int: block } };
}
