/** Brings floats that no backend computes with (bf16, f64, those of 8 bits) to fp32, once, streamed tensor by tensor. */

import { fromHalfArray } from './float16.ts';
import type { TensorEntry, TensorTable } from './tensor-table.ts';

/** Values of one piece: bounds the memory above the Blobs. */
const pieceValues = 1 << 20;

/** Where converted tensors begin, so that a reader may map them. */
const alignment = 64;

type Convert = (bytes: ArrayBuffer) => Float32Array<ArrayBuffer>;

const conversions: Readonly<Partial<Record<TensorEntry['dtype'], { width: number; convert: Convert }>>> = {
  bf16: { width: 2, convert: fromBfloat16 },
  f64: { width: 8, convert: (bytes) => Float32Array.from(new Float64Array(bytes)) },
  f8e4m3: { width: 1, convert: (bytes) => fromTable(bytes, 3, 7, false) },
  f8e5m2: { width: 1, convert: (bytes) => fromTable(bytes, 2, 15, true) },
};

/**
 * The same tensors, those floats as f32 behind the others in a new Blob that begins with the old one:
 * everything else stays in place. The table itself where nothing is to do. Rejects when the Blob cannot be read.
 */
export async function computable(table: TensorTable): Promise<TensorTable> {
  const tensors = new Map<string, TensorEntry>();
  const parts: Blob[] = [];
  let end = table.blob.size;
  for (const [name, entry] of table.tensors) {
    const conversion = conversions[entry.dtype];
    if (!conversion) {
      tensors.set(name, entry);
      continue;
    }
    const padding = (alignment - (end % alignment)) % alignment;
    const converted = await convertTensor(table.blob, entry, conversion.width, conversion.convert);
    parts.push(new Blob([new Uint8Array(padding)]), converted);
    tensors.set(name, { ...entry, dtype: 'f32', offset: end + padding, bytes: converted.size });
    end += padding + converted.size;
  }
  return parts.length === 0 ? table : { blob: new Blob([table.blob, ...parts]), tensors };
}

async function convertTensor(blob: Blob, entry: TensorEntry, width: number, convert: Convert): Promise<Blob> {
  const pieces: Blob[] = [];
  const end = entry.offset + entry.bytes;
  for (let at = entry.offset; at < end; at += pieceValues * width) {
    const bytes = await blob.slice(at, Math.min(end, at + pieceValues * width)).arrayBuffer();
    pieces.push(new Blob([convert(bytes)]));
  }
  return new Blob(pieces);
}

/** Bfloat16 is the upper half of a single-precision number. */
function fromBfloat16(bytes: ArrayBuffer): Float32Array<ArrayBuffer> {
  const halves = new Uint16Array(bytes);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = (halves[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/** Whether `computable` makes f32 of this dtype. */
export function becomesSingle(dtype: TensorEntry['dtype']): boolean {
  return conversions[dtype] !== undefined;
}

/** Values of this dtype as singles (f64 rounded), from whole values that begin the buffer; null for what is no float. */
export function singlesOf(bytes: ArrayBuffer, dtype: TensorEntry['dtype']): Float32Array<ArrayBuffer> | null {
  if (dtype === 'f32') return new Float32Array(bytes);
  if (dtype === 'f16') return fromHalfArray(new Uint16Array(bytes));
  return conversions[dtype]?.convert(bytes) ?? null;
}

/** Floats of 8 bits: a sign, an exponent with this bias, and so many bits of fraction. Only some have infinities. */
function fromTable(
  bytes: ArrayBuffer,
  fraction: number,
  bias: number,
  infinities: boolean,
): Float32Array<ArrayBuffer> {
  const values = Float32Array.from({ length: 256 }, (_, code) => {
    const exponent = (code & 0x7f) >> fraction;
    const part = (code & ((1 << fraction) - 1)) / (1 << fraction);
    const sign = code > 127 ? -1 : 1;
    const last = (1 << (7 - fraction)) - 1;
    if (infinities && exponent === last) return part === 0 ? sign * Infinity : NaN;
    if (!infinities && (code & 0x7f) === 0x7f) return NaN;
    return sign * (exponent === 0 ? part * 2 ** (1 - bias) : (1 + part) * 2 ** (exponent - bias));
  });
  return Float32Array.from(new Uint8Array(bytes), (code) => values[code] as number);
}
