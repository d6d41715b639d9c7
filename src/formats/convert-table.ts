/**
 * Brings weights to the dtype that a network computes in, streamed: a piece of a tensor at a time, whatever the file's size.
 * What is in that dtype already stays where it lies.
 */

import { AppendedTable, type ByteStore } from './appended-table.ts';
import { becomesSingle, singlesOf } from './convert-dtypes.ts';
import { toHalfArray } from './float16.ts';
import { dtypeBytes } from './tensor-bytes.ts';
import type { TensorEntry, TensorTable } from './tensor-table.ts';

/** Values of one piece: at most 8 MiB of the file. */
const pieceValues = 1 << 20;

export interface ConvertedTable {
  /** The same tensors; new ones lie behind the old Blob. */
  readonly table: TensorTable;
  /** Tensors with so many values that half precision cannot hold: they are in fp32. */
  readonly overflowing: ReadonlyMap<string, number>;
}

/** Whether `convertTable` would make this tensor anew. Integers stay as they are. */
function needsConversion({ dtype }: TensorEntry, to: 'f16' | 'f32'): boolean {
  return dtype !== to && (dtype === 'f16' || dtype === 'f32' || becomesSingle(dtype));
}

/**
 * The table with these of its tensors in `to`. `go` is called with bytes of the file before each; null when it answers
 * `false`. Rejects when the Blob cannot be read or the store cannot be written.
 */
export async function convertTable(
  table: TensorTable,
  to: 'f16' | 'f32',
  names: Iterable<string>,
  store: ByteStore,
  go: (done: number, total: number) => boolean = () => true,
): Promise<ConvertedTable | null> {
  const wanted = [...names].flatMap((name) => table.tensors.get(name) ?? []);
  const entries = wanted.filter((entry) => needsConversion(entry, to));
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const appended = new AppendedTable(table, store);
  const overflowing = new Map<string, number>();
  let done = 0;
  for (const entry of entries) {
    if (!go(done, total)) return null;
    done += entry.bytes;
    const lost = { count: 0 };
    const pieces = to === 'f16' ? halves(table.blob, entry, lost) : singles(table.blob, entry);
    await appended.put({ ...entry, dtype: to }, pieces);
    if (lost.count === 0) continue;
    overflowing.set(entry.name, lost.count);
    if (entry.dtype !== 'f32') await appended.put({ ...entry, dtype: 'f32' }, singles(table.blob, entry));
  }
  go(total, total);
  return { table: await appended.finish(), overflowing };
}

async function* singles(blob: Blob, entry: TensorEntry): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const values of singlePieces(blob, entry)) yield new Uint8Array(values.buffer);
}

/** Ends early, after counting them all, where values are lost. */
async function* halves(
  blob: Blob,
  entry: TensorEntry,
  lost: { count: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const values of singlePieces(blob, entry)) {
    const rounded = toHalfArray(values);
    for (let i = 0; i < rounded.length; i++) {
      if (((rounded[i] as number) & 0x7c00) === 0x7c00 && Number.isFinite(values[i])) lost.count++;
    }
    if (lost.count === 0) yield new Uint8Array(rounded.buffer);
  }
}

/** A tensor's values as singles, some at a time; nothing where it is no float. */
export async function* singlePieces(
  blob: Blob,
  { dtype, offset, bytes }: TensorEntry,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const step = pieceValues * dtypeBytes[dtype];
  for (let at = offset; at < offset + bytes; at += step) {
    const range = blob.slice(at, Math.min(offset + bytes, at + step));
    const values = singlesOf(await range.arrayBuffer(), dtype);
    if (values) yield values;
  }
}
