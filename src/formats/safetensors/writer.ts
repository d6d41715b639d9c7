/** Writes a tensor table as a .safetensors file. https://github.com/huggingface/safetensors#format */

import { dtypeBytes } from '../tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from '../tensor-table.ts';

const names: Readonly<Record<Dtype, string>> = {
  f64: 'F64',
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  f8e4m3: 'F8_E4M3',
  f8e5m2: 'F8_E5M2',
  i64: 'I64',
  i32: 'I32',
  i16: 'I16',
  i8: 'I8',
  u64: 'U64',
  u32: 'U32',
  u16: 'U16',
  u8: 'U8',
  c64: 'C64',
};

/** Where a tensor begins, from the start of the data, so that it can be mapped. */
const alignment = 8;

/** The same tensors in a Blob of its own, made of ranges of the table's: nothing is copied. `metadata` is for people. */
export function writeSafetensors(table: TensorTable, metadata: Readonly<Record<string, string>>): Blob {
  const header: Record<string, object> = { __metadata__: metadata };
  const parts: Blob[] = [];
  let end = 0;
  for (const { name, dtype, shape, offset, bytes } of bySize(table)) {
    header[name] = { dtype: names[dtype], shape, data_offsets: [end, end + bytes] };
    parts.push(table.blob.slice(offset, offset + bytes));
    end += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padding = (alignment - (json.length % alignment)) % alignment;
  const head = new Uint8Array(8 + json.length + padding).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length + padding), true);
  head.set(json, 8);
  return new Blob([head, ...parts]);
}

/** The format allows no gaps: with the widest values first, every tensor is aligned to its own width. */
function bySize({ tensors }: TensorTable): readonly TensorEntry[] {
  return [...tensors.values()].sort((a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype]);
}
