/**
 * Reads the header of a .safetensors file: eight bytes of length, JSON, then the tensors, which stay where
 * they are. https://github.com/huggingface/safetensors#format
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { whileReadable } from '../readable.ts';
import { dtypeBytes, valueCount } from '../tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from '../tensor-table.ts';
import { keyCount } from './key-count.ts';

const lengthBytes = 8;
/** As in the format's own library. */
const mostHeaderBytes = 100_000_000;
const mostTensors = 100_000;
const mostSides = 16;

const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ['F64', 'f64'],
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['BF16', 'bf16'],
  ['F8_E4M3', 'f8e4m3'],
  ['F8_E5M2', 'f8e5m2'],
  ['I64', 'i64'],
  ['I32', 'i32'],
  ['I16', 'i16'],
  ['I8', 'i8'],
  ['U64', 'u64'],
  ['U32', 'u32'],
  ['U16', 'u16'],
  ['U8', 'u8'],
  ['C64', 'c64'],
  ['BOOL', 'u8'],
]);

/** Dtypes of which a value is no whole number of bytes, or is only an exponent: they are parts of values. */
const foreignDtype = /^(F4|F6_|F8_E8M0)/;

/** Whether the first bytes of a file (16 are enough) can begin a .safetensors file of this size. */
export function looksLikeSafetensors(head: Uint8Array<ArrayBuffer>, size: number): boolean {
  if (head.length < lengthBytes + 2) return false;
  const length = headerLength(head);
  // Some writers put spaces before the header's end, none before its start.
  return length >= 2 && length <= mostHeaderBytes && size > 0 && head[lengthBytes] === 0x7b;
}

/**
 * Tensors are byte ranges of the same Blob. Failures: `model-damaged` for a file that is cut short or breaks
 * the format, `model-unsupported` for a dtype that we cannot compute with.
 */
export async function readSafetensors(blob: Blob): Promise<Result<TensorTable>> {
  return whileReadable(async () => {
    const head = new Uint8Array(await blob.slice(0, lengthBytes).arrayBuffer());
    if (head.length < lengthBytes) return damaged('it ends before its header', 'truncated');
    const length = headerLength(head);
    if (length > mostHeaderBytes) return damaged('its header would be larger than 100 MB', 'header');
    const start = lengthBytes + length;
    if (start > blob.size) return damaged('it ends within its header', 'truncated');
    const text = new TextDecoder().decode(await blob.slice(lengthBytes, start).arrayBuffer());
    const header = parseObject(text);
    if (!header) return damaged('its header is not JSON', 'header');
    const entries = Object.entries(header);
    if (entries.length !== keyCount(text)) return damaged('a tensor is there twice', 'header');
    return readEntries(
      blob,
      start,
      entries.filter(([name]) => name !== '__metadata__'),
    );
  });
}

function readEntries(
  blob: Blob,
  start: number,
  entries: readonly (readonly [string, unknown])[],
): Result<TensorTable> {
  if (entries.length > mostTensors) return damaged(`it has more than ${mostTensors} tensors`, 'header');
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of entries) {
    const entry = readEntry(name, value, start);
    if (!entry.ok) return entry;
    const end = entry.value.offset + entry.value.bytes;
    if (end > blob.size) {
      const why = `it ends after ${blob.size} bytes, and the tensor "${name}" would end at ${end}`;
      return damaged(why, 'truncated');
    }
    tensors.set(name, entry.value);
  }
  const sorted = [...tensors.values()].filter(({ bytes }) => bytes > 0).sort((a, b) => a.offset - b.offset);
  let before: TensorEntry | undefined;
  for (const entry of sorted) {
    if (before && before.offset + before.bytes > entry.offset) {
      return damaged(`the tensors "${before.name}" and "${entry.name}" overlap`, 'bounds');
    }
    before = entry;
  }
  return ok({ blob, tensors });
}

function readEntry(name: string, value: unknown, start: number): Result<TensorEntry> {
  const wrong = (what: string): Result<never> => damaged(`the tensor "${name}" has ${what}`, 'bounds');
  if (typeof value !== 'object' || value === null) return wrong('no description');
  const { dtype: stored, shape, data_offsets: offsets } = value as Readonly<Record<string, unknown>>;
  const dtype = dtypes.get(String(stored));
  if (dtype === undefined) {
    if (!foreignDtype.test(String(stored))) return wrong('an unknown dtype');
    return fail(
      'model-unsupported',
      `The tensor "${name}" is stored as ${String(stored)}, which Enlarger cannot compute with. ` +
        'Take the model in F16, BF16 or F32.',
      { reason: 'dtype', tensor: name, dtype: String(stored) },
    );
  }
  if (!isCounts(shape) || shape.length > mostSides) return wrong('no proper shape');
  if (!isCounts(offsets) || offsets.length !== 2) return wrong('no proper range');
  const [from = 0, to = 0] = offsets;
  const bytes = valueCount(shape) * dtypeBytes[dtype];
  if (to - from !== bytes) return wrong(`${to - from} bytes where its shape needs ${bytes}`);
  return ok({ name, dtype, shape, offset: start + from, bytes });
}

/** Beyond 2^53 rounded, which no later check lets pass. */
function headerLength(head: Uint8Array<ArrayBuffer>): number {
  return Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function damaged(why: string, reason: string): Result<never> {
  return fail('model-damaged', `This .safetensors file is damaged: ${why}. Fetch the model again.`, {
    reason,
    why,
  });
}
