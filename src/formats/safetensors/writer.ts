/** Writes a tensor table as a .safetensors file. https://github.com/huggingface/safetensors#format */

import { dtypeBytes, valueCount } from '../tensor-bytes.ts';
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

/** What a file needs to know of a tensor before its bytes are there. */
export type LaidTensor = Pick<TensorEntry, 'name' | 'dtype' | 'shape'>;

export interface Layout<T extends LaidTensor> {
  /** Everything before the tensors. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Tensors in the order in which their bytes follow, without gaps. */
  readonly order: readonly T[];
  /** Of the whole file. */
  readonly bytes: number;
}

/** How a file with these tensors begins and in which order they follow. `metadata` is for people. */
export function layoutOf<T extends LaidTensor>(
  tensors: Iterable<T>,
  metadata: Readonly<Record<string, string>>,
): Layout<T> {
  const header: Record<string, object> = { __metadata__: metadata };
  const order = widestFirst(tensors);
  let end = 0;
  for (const { name, dtype, shape } of order) {
    const bytes = valueCount(shape) * dtypeBytes[dtype];
    header[name] = { dtype: names[dtype], shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padding = (alignment - (json.length % alignment)) % alignment;
  const head = new Uint8Array(8 + json.length + padding).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length + padding), true);
  head.set(json, 8);
  return { head, order, bytes: head.length + end };
}

/** The same tensors in a Blob of its own, made of ranges of the table's: nothing is copied. `metadata` is for people. */
export function writeSafetensors(
  { blob, tensors }: TensorTable,
  metadata: Readonly<Record<string, string>>,
): Blob {
  const { head, order } = layoutOf(tensors.values(), metadata);
  return new Blob([head, ...order.map(({ offset, bytes }) => blob.slice(offset, offset + bytes))]);
}

/** The format allows no gaps: with the widest values first, every tensor is aligned to its own width. */
function widestFirst<T extends LaidTensor>(tensors: Iterable<T>): readonly T[] {
  return [...tensors].sort((a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype]);
}
