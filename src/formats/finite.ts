/** Finds weights that are no numbers: a training that failed, or a file that broke without changing its size. */

import type { Dtype, TensorTable } from './tensor-table.ts';

const pieceBytes = 1 << 20;

/** The bits of the exponent, all ones in NaN and infinity, of each dtype that can be neither. */
const exponents: Readonly<Partial<Record<Dtype, number>>> = { f32: 0x7f800000, f16: 0x7c00, bf16: 0x7f80 };

/**
 * The first of these tensors that holds a NaN or an infinity, or null. Every value is looked at, a piece of
 * the Blob at a time; f64 and integers are left out. Rejects when the Blob cannot be read.
 */
export async function firstNotFinite(table: TensorTable, names: Iterable<string>): Promise<string | null> {
  for (const name of names) {
    const entry = table.tensors.get(name);
    const exponent = entry && exponents[entry.dtype];
    if (!entry || exponent === undefined) continue;
    const end = entry.offset + entry.bytes;
    for (let at = entry.offset; at < end; at += pieceBytes) {
      const bytes = await table.blob.slice(at, Math.min(end, at + pieceBytes)).arrayBuffer();
      const words = entry.dtype === 'f32' ? new Uint32Array(bytes) : new Uint16Array(bytes);
      if (holds(words, exponent)) return name;
    }
  }
  return null;
}

function holds(words: Uint32Array | Uint16Array, exponent: number): boolean {
  for (let i = 0; i < words.length; i++) {
    if (((words[i] as number) & exponent) === exponent) return true;
  }
  return false;
}
