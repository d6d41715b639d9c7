/**
 * A tensor table as a .safetensors file in half precision, streamed: what the file is like is known before its first byte is made, and a piece
 * of one tensor is in memory at a time, whatever the size.
 */

import { singlePieces } from './convert-table.ts';
import { toHalfArray } from './float16.ts';
import { layoutOf } from './safetensors/writer.ts';
import type { TensorEntry, TensorTable } from './tensor-table.ts';

/** Called now and then with bytes of the table; nothing more is read once it answers `false`. */
export type Continue = (done: number, total: number) => boolean;

export interface HalfFile {
  /** Of the whole file. */
  readonly bytes: number;
  /** Tensors with so many values that half precision cannot hold: they are in fp32. */
  readonly overflowing: ReadonlyMap<string, number>;
  /** The file's bytes in order. Ends early when `go` says so; rejects when the table cannot be read. */
  pieces(go?: Continue): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** Bytes of one piece of what stays as it is. */
const pieceBytes = 8 << 20;
/** From here on a value is rounded to infinity. */
const beyondHalf = 65520;

/** Whether half precision takes less room than this tensor. Integers, and floats of 8 bits, stay as they are. */
export function shrinks({ dtype }: Pick<TensorEntry, 'dtype'>): boolean {
  return dtype === 'f32' || dtype === 'f64' || dtype === 'bf16';
}

/**
 * Looks at every value once, to know which tensors half precision can hold. `notes` become the file's own. Null when `go` ended it.
 * Rejects when the table cannot be read.
 */
export async function planHalfFile(
  table: TensorTable,
  notes: Readonly<Record<string, string>>,
  go: Continue = () => true,
): Promise<HalfFile | null> {
  const entries = [...table.tensors.values()];
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const overflowing = new Map<string, number>();
  let done = 0;
  for (const entry of entries) {
    if (!go(done, total)) return null;
    done += entry.bytes;
    const lost = shrinks(entry) ? await lostIn(table.blob, entry) : 0;
    if (lost > 0) overflowing.set(entry.name, lost);
  }
  const laid = entries.map((from) => {
    const dtype = overflowing.has(from.name) ? 'f32' : 'f16';
    return { name: from.name, shape: from.shape, dtype: shrinks(from) ? dtype : from.dtype, from };
  });
  const { head, order, bytes } = layoutOf(laid, notes);
  const pieces = async function* (proceed: Continue = () => true): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield head;
    let read = 0;
    for (const { from, dtype } of order) {
      for await (const piece of piecesOf(table.blob, from, dtype)) {
        if (!proceed(Math.min(total, read), total)) return;
        yield piece;
      }
      read += from.bytes;
    }
  };
  return { bytes, overflowing, pieces };
}

/** How many finite values become infinite. */
async function lostIn(blob: Blob, entry: TensorEntry): Promise<number> {
  let lost = 0;
  for await (const values of singlePieces(blob, entry)) {
    // Counted, as iterators take several times as long.
    for (let i = 0; i < values.length; i++) {
      const size = Math.abs(values[i] as number);
      if (size >= beyondHalf && size < Infinity) lost++;
    }
  }
  return lost;
}

async function* piecesOf(
  blob: Blob,
  entry: TensorEntry,
  dtype: TensorEntry['dtype'],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (dtype !== entry.dtype) {
    for await (const values of singlePieces(blob, entry)) {
      yield new Uint8Array(dtype === 'f16' ? toHalfArray(values).buffer : values.buffer);
    }
    return;
  }
  const end = entry.offset + entry.bytes;
  for (let at = entry.offset; at < end; at += pieceBytes) {
    yield new Uint8Array(await blob.slice(at, Math.min(end, at + pieceBytes)).arrayBuffer());
  }
}
