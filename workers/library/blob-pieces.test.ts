import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { blobPieces } from './blob-pieces.ts';
import { sha256Of } from './checksum.ts';

const bytes = Uint8Array.from({ length: 3_300_001 }, (_, at) => (at * 7) % 253);

class OldBlob extends Blob {
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const blob = this.slice();
    return new ReadableStream({
      async start(controller) {
        controller.enqueue(new Uint8Array(await blob.arrayBuffer()));
        controller.close();
      },
    });
  }
}

it.each([
  ['', new Blob([bytes])],
  [' where streams fill no buffers', new OldBlob([bytes])],
])('gives every byte in order%s', async (_, blob) => {
  const all: number[] = [];
  for await (const piece of blobPieces(blob)) for (const byte of piece) all.push(byte);
  expect(all.length).toBe(bytes.length);
  expect(all.every((byte, at) => byte === bytes[at])).toBe(true);
  expect(await sha256Of(blob)).toBe(createHash('sha256').update(bytes).digest('hex'));
});

it('ends where nobody reads on, and with nothing', async () => {
  for await (const piece of blobPieces(new Blob([bytes]))) {
    expect(piece.byteLength).toBeGreaterThan(0);
    break;
  }
  const none: Uint8Array[] = [];
  for await (const piece of blobPieces(new Blob())) none.push(piece);
  expect(none).toEqual([]);
});

it('tells that bytes cannot be read any more', async () => {
  class Gone extends Blob {
    override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
      return new ReadableStream({
        type: 'bytes',
        pull: () => Promise.reject(new DOMException('gone', 'NotReadableError')),
      });
    }
  }
  await expect(blobPieces(new Gone([bytes])).next()).rejects.toThrow('gone');
  expect(await sha256Of(new Gone([bytes]))).toBeNull();
});
