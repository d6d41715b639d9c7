/** Sizes of what a tensor table describes, and the bytes of one of its tensors. */

import type { Dtype, TensorEntry, TensorTable } from './tensor-table.ts';

/** Bytes of one value. */
export const dtypeBytes: Readonly<Record<Dtype, number>> = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  f8e4m3: 1,
  f8e5m2: 1,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u64: 8,
  u32: 4,
  u16: 2,
  u8: 1,
  c64: 8,
};

/** Number of values in a tensor of this shape; 1 for a scalar (empty shape). */
export function valueCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The stored bytes of one tensor, little-endian and row-major. */
export async function tensorBytes(table: TensorTable, entry: TensorEntry): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await table.blob.slice(entry.offset, entry.offset + entry.bytes).arrayBuffer());
}
