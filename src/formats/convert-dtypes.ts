/** Brings dtypes that no backend computes with (bf16, f64) to fp32, once, streamed tensor by tensor. */

import type { TensorEntry, TensorTable } from './tensor-table.ts';

/** Values of one piece: bounds the memory above the Blobs. */
const pieceValues = 1 << 20;

/** Where converted tensors begin, so that a reader may map them. */
const alignment = 64;

type Convert = (bytes: ArrayBuffer) => Float32Array<ArrayBuffer>;

const conversions: Readonly<Partial<Record<TensorEntry['dtype'], { width: number; convert: Convert }>>> = {
  bf16: { width: 2, convert: fromBfloat16 },
  f64: { width: 8, convert: (bytes) => Float32Array.from(new Float64Array(bytes)) },
};

/**
 * The same tensors, bf16 and f64 ones as f32 behind the others in a new Blob that begins with the old one:
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
