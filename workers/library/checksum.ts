/** The sha256 of a Blob, streamed, so that a large model is never in memory at once. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { blobPieces } from './blob-pieces.ts';

export class Checksum {
  readonly #hash = sha256.create();

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Lower-case hexadecimal. Nothing can be added afterwards. */
  end(): string {
    return bytesToHex(this.#hash.digest());
  }
}

/** Null when the bytes cannot be read any more. */
export async function sha256Of(blob: Blob): Promise<string | null> {
  const checksum = new Checksum();
  try {
    for await (const piece of blobPieces(blob)) checksum.add(piece);
    return checksum.end();
  } catch {
    return null;
  }
}

/** False as well when the bytes cannot be read any more. */
export async function hasSha256(blob: Blob, expected: string): Promise<boolean> {
  return (await sha256Of(blob)) === expected;
}
