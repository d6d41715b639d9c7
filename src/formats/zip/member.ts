/** The content of a ZIP member: a range of the archive where it is stored, inflated where it is not. */

import { fail, ok, type Result } from '../../base/result.ts';
import { dataOffset, type ZipEntry } from './reader.ts';

/** What is inflated is held in memory or on disk by the browser; no upscaler comes near this. */
const mostInflatedBytes = 4 * 2 ** 30;

/** The whole member. A stored one is not copied. Failures: `model-damaged`. */
export async function memberBlob(archive: Blob, entry: ZipEntry): Promise<Result<Blob>> {
  const offset = await dataOffset(archive, entry);
  if (offset === null) return damaged(entry, 'its header is broken');
  const packed = archive.slice(offset, offset + entry.packedBytes);
  if (entry.stored) return ok(packed);
  if (entry.bytes > mostInflatedBytes) return damaged(entry, 'it says to be larger than 4 GiB');
  const inflated = await inflate(packed, entry.bytes);
  if (inflated === null) return damaged(entry, 'its packed bytes are broken');
  return inflated.size === entry.bytes ? ok(inflated) : damaged(entry, 'it has not the size that it says');
}

/** The first bytes of a member, `most` at the most; fewer where it ends or breaks. */
export async function memberHead(
  archive: Blob,
  entry: ZipEntry,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const offset = await dataOffset(archive, entry);
  if (offset === null) return new Uint8Array(0);
  const packed = archive.slice(offset, offset + entry.packedBytes);
  const head = entry.stored ? packed : await inflate(packed.slice(0, 2 * most + 1024), most);
  return new Uint8Array(await (head ?? new Blob()).slice(0, most).arrayBuffer());
}

/** Stops once `most` bytes are there, so that a small file cannot grow without end. Null for broken bytes before that. */
async function inflate(packed: Blob, most: number): Promise<Blob | null> {
  const pieces: Blob[] = [];
  let bytes = 0;
  const reader = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(pieces);
      bytes += value.length;
      pieces.push(new Blob([value]));
      if (bytes > most) return new Blob(pieces);
    }
  } catch (thrown) {
    // The stream throws a TypeError for broken bytes, and when they end too early.
    if (thrown instanceof DOMException) throw thrown;
    return bytes > 0 ? new Blob(pieces) : null;
  } finally {
    reader.cancel().catch(() => null);
  }
}

function damaged(entry: ZipEntry, why: string): Result<never> {
  return fail('model-damaged', `"${entry.name}" in this archive is damaged: ${why}. Fetch the file again.`, {
    reason: 'archive',
    why,
  });
}
