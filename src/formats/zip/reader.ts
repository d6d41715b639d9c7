/**
 * Reads a ZIP archive's directory (Zip64 too), so that stored members can be used where they lie in the Blob.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

import { fail, ok, type Result } from '../../base/result.ts';

export interface ZipEntry {
  readonly name: string;
  readonly stored: boolean;
  /** Of the member's own header, from the start of the Blob. */
  readonly header: number;
  /** As it lies in the archive. */
  readonly packedBytes: number;
  readonly bytes: number;
}

const endBytes = 22;
const mostCommentBytes = 0xffff;
const locatorBytes = 20;
const entryBytes = 46;
const headerBytes = 30;
const mostEntries = 200_000;
const mostDirectoryBytes = 64 << 20;

/** Every file of the archive, in its directory's order; folders are left out. Failures: `model-damaged`, `model-unsupported`. */
export async function readZip(blob: Blob): Promise<Result<readonly ZipEntry[]>> {
  const end = await findEnd(blob);
  if (!end) return damaged('its directory is missing: it is cut short', 'truncated');
  const { start, bytes, count } = end;
  if (!(start + bytes <= blob.size)) return damaged('its directory lies beyond its end', 'bounds');
  if (bytes > mostDirectoryBytes || count > mostEntries)
    return damaged('its directory is too large', 'limit');
  const directory = await viewOf(blob, start, start + bytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + entryBytes > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
      return damaged('its directory is broken', 'bounds');
    }
    const parsed = parseEntry(directory, at);
    if (!parsed) return damaged('its directory is broken', 'bounds');
    const { entry, length, method, encrypted } = parsed;
    at += length;
    if (entry.name.endsWith('/')) continue;
    if (encrypted) return unsupported(`"${entry.name}" in it is encrypted`);
    if (method !== 0 && method !== 8)
      return unsupported(`"${entry.name}" in it is packed in the way ${method}`);
    if (!(entry.header + headerBytes + entry.packedBytes <= blob.size)) {
      return damaged(`"${entry.name}" lies beyond its end`, 'bounds');
    }
    entries.push(entry);
  }
  return ok(entries);
}

/** Where a member's bytes begin, as they lie in the archive; null when that is outside of it. */
export async function dataOffset(blob: Blob, entry: ZipEntry): Promise<number | null> {
  const view = await viewOf(blob, entry.header, entry.header + headerBytes);
  if (view.byteLength < headerBytes || view.getUint32(0, true) !== 0x04034b50) return null;
  const offset = entry.header + headerBytes + view.getUint16(26, true) + view.getUint16(28, true);
  return offset + entry.packedBytes <= blob.size ? offset : null;
}

interface End {
  readonly start: number;
  readonly bytes: number;
  readonly count: number;
}

/** The record at the end may be followed by a comment of any content. */
async function findEnd(blob: Blob): Promise<End | null> {
  const from = Math.max(0, blob.size - endBytes - mostCommentBytes);
  const tail = await viewOf(blob, from, blob.size);
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50) continue;
    if (at + endBytes + tail.getUint16(at + 20, true) > tail.byteLength) continue;
    const end = {
      count: tail.getUint16(at + 10, true),
      bytes: tail.getUint32(at + 12, true),
      start: tail.getUint32(at + 16, true),
    };
    const small = end.count !== 0xffff && end.bytes !== 0xffffffff && end.start !== 0xffffffff;
    return small ? end : ((await findEnd64(blob, from + at)) ?? end);
  }
  return null;
}

async function findEnd64(blob: Blob, end: number): Promise<End | null> {
  const locator = await viewOf(blob, Math.max(0, end - locatorBytes), end);
  if (locator.byteLength < locatorBytes || locator.getUint32(0, true) !== 0x07064b50) return null;
  const at = Number(locator.getBigUint64(8, true));
  if (at > blob.size) return null;
  const record = await viewOf(blob, at, at + 56);
  if (record.byteLength < 56 || record.getUint32(0, true) !== 0x06064b50) return null;
  return {
    count: Number(record.getBigUint64(32, true)),
    bytes: Number(record.getBigUint64(40, true)),
    start: Number(record.getBigUint64(48, true)),
  };
}

function parseEntry(
  view: DataView<ArrayBuffer>,
  at: number,
): { entry: ZipEntry; length: number; method: number; encrypted: boolean } | null {
  const nameBytes = view.getUint16(at + 28, true);
  const extraBytes = view.getUint16(at + 30, true);
  const length = entryBytes + nameBytes + extraBytes + view.getUint16(at + 32, true);
  if (at + length > view.byteLength) return null;
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + entryBytes, nameBytes));
  const sizes = {
    bytes: view.getUint32(at + 24, true),
    packedBytes: view.getUint32(at + 20, true),
    header: view.getUint32(at + 42, true),
  };
  const wide = wideSizes(view, at + entryBytes + nameBytes, extraBytes, sizes);
  const method = view.getUint16(at + 10, true);
  const entry = { name, stored: method === 0, ...wide };
  if (entry.stored && entry.bytes !== entry.packedBytes) return null;
  return { entry, length, method, encrypted: (view.getUint16(at + 8, true) & 1) !== 0 };
}

/** Numbers that do not fit 32 bits are all ones, and follow in the field 1 of the extras, in this order. */
function wideSizes<S extends Record<'bytes' | 'packedBytes' | 'header', number>>(
  view: DataView,
  start: number,
  length: number,
  sizes: S,
): S {
  const wide = { ...sizes };
  for (let at = start; at + 4 <= start + length;) {
    const fieldEnd = Math.min(at + 4 + view.getUint16(at + 2, true), start + length);
    if (view.getUint16(at, true) === 1) {
      let from = at + 4;
      for (const key of ['bytes', 'packedBytes', 'header'] as const) {
        if (sizes[key] !== 0xffffffff || from + 8 > fieldEnd) continue;
        wide[key] = Number(view.getBigUint64(from, true));
        from += 8;
      }
    }
    at = Math.max(fieldEnd, at + 4);
  }
  return wide;
}

async function viewOf(blob: Blob, start: number, end: number): Promise<DataView<ArrayBuffer>> {
  return new DataView(await blob.slice(start, end).arrayBuffer());
}

function damaged(why: string, reason: string): Result<never> {
  return fail('model-damaged', `This archive is damaged: ${why}. Fetch the file again.`, { reason, why });
}

function unsupported(why: string): Result<never> {
  return fail(
    'model-unsupported',
    `This archive cannot be read: ${why}. Unpack it first and open what is in it.`,
    {
      reason: 'archive',
      why,
    },
  );
}
