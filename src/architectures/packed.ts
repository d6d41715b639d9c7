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

/** As `scaleName` (graph-builder.ts) has it. */
const scaleEnd = '.scale';

/** Whether a tensor is the scales of another one of few bits: it says what integers stand for, and stays as it is. */
export function isScaleOf({ tensors }: TensorTable, { name }: TensorEntry): boolean {
  const of = name.endsWith(scaleEnd) ? tensors.get(name.slice(0, -scaleEnd.length)) : undefined;
  return of?.dtype === 'i8' || of?.dtype === 'u8';
}

const packedEnd = /\.q[48]$/;
const scalesEnd = /\.scales$/;

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

/** The way back: only what is stored. */
export function withoutPlainNames(table: TensorTable): TensorTable {
  const { tensors } = table;
  const stored = [...tensors].filter(([name]) => !bitsOf(table, name));
  return stored.length === tensors.size ? table : { blob: table.blob, tensors: new Map(stored) };
}

function bitsOf({ tensors }: TensorTable, name: string): PackedBits | null {
  return ([4, 8] as const).find((bits) => tensors.has(packedName(name, bits))) ?? null;
}

/** The first tensor of few bits whose values cannot be told, and why; null where all can. */
export function packedFault(table: TensorTable): { readonly name: string; readonly why: string } | null {
  const { tensors } = table;
  for (const { name, dtype, shape } of tensors.values()) {
    const plain = name.replace(packedEnd, '').replace(scalesEnd, '');
    if (plain === name) {
      const alone = dtype === 'i8' && shape.length === 4 && !tensors.has(name + scaleEnd);
      if (alone) return { name, why: 'has 8 bits but no scale' };
    } else if (packedEnd.test(name) && dtype === 'u8' && !packedMatrix(table, plain)) {
      const why = tensors.has(packedScales(plain))
        ? 'has scales that do not fit its blocks'
        : 'has no scales';
      return { name, why };
    } else if (scalesEnd.test(name) && !bitsOf(table, plain) && !tensors.has(plain)) {
      return { name: plain, why: 'has scales, but no values' };
    }
  }
  return null;
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
