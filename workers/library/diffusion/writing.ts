/** What is written into the store's records for a diffusion model: bytes as they are given, or as they are made on the way. */

import { ok, type Result } from '../../../src/base/result.ts';
import type { Continue } from '../../../src/formats/half-file.ts';
import { blobPieces } from '../blob-pieces.ts';
import { Checksum } from '../checksum.ts';
import { Chunks } from '../chunks.ts';
import { chunksOf } from '../read-import.ts';
import { measureSpace, storageFailure } from '../storage-failure.ts';
import type { FileForms } from './convert-files.ts';

export interface Writing {
  readonly bytes: number;
  /** Records of the store. */
  readonly chunks: Iterable<Blob> | AsyncIterable<Blob>;
  /** The sha256 once all is written; null when it was ended before. */
  end(): string | null;
  /** Rejects with what reading the source threw: it is not the store that failed. */
  check(): void;
}

/** `go` is told before each record what is written, and after the last one. */
export function givenWriting(given: Blob, sha256: string, go: Continue): Writing {
  const bytes = given.size;
  let written = 0;
  const chunks = function* (): Generator<Blob> {
    for (const chunk of chunksOf(given)) {
      if (!go(written, bytes)) return;
      yield chunk;
      written += chunk.size;
    }
    go(written, bytes);
  };
  return { bytes, chunks: chunks(), end: () => (written === bytes ? sha256 : null), check: () => undefined };
}

/** Nothing of it is in memory but a record and a piece of a tensor. */
export function convertedWriting({ files }: FileForms, go: Continue): Writing {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const checksum = new Checksum();
  let written = 0;
  const thrown: unknown[] = [];
  const pieces = async function* (): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for (const file of files) yield* file.pieces(() => go(written, bytes));
    } catch (error) {
      thrown.push(error);
    }
  };
  const chunks = async function* (): AsyncGenerator<Blob> {
    const records = new Chunks();
    for await (const piece of pieces()) {
      checksum.add(piece);
      written += piece.byteLength;
      yield* records.add(piece);
    }
    yield* records.end();
  };
  return {
    bytes,
    chunks: chunks(),
    end: () => (written === bytes ? checksum.end() : null),
    check: () => {
      if (thrown.length > 0) throw thrown[0];
    },
  };
}

/** The sha256 of a Blob, read once; null when `go` ended it. */
export async function checksumWhile(blob: Blob, go: Continue): Promise<string | null> {
  const checksum = new Checksum();
  let bytes = 0;
  let told = 0;
  for await (const piece of blobPieces(blob)) {
    checksum.add(piece);
    bytes += piece.byteLength;
    if (bytes - told < toldEvery) continue;
    told = bytes;
    if (!go(bytes, blob.size)) return null;
  }
  return checksum.end();
}

/** Bytes between two calls. */
const toldEvery = 4 << 20;

/** Failures: `storage-full` where the browser tells that so many bytes have no room, before any is written. */
export async function roomFor(bytes: number): Promise<Result<null>> {
  const space = await measureSpace();
  if (!space || space.quota - space.used >= bytes) return ok(null);
  return { ok: false, error: await storageFailure({ name: 'QuotaExceededError' }, bytes) };
}
