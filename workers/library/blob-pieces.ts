/** A Blob read a piece at a time, through one buffer where the browser can: new ones for each piece add up before anything frees them. */

const pieceBytes = 1 << 20;

/** In order; each piece is good until the next is asked for. Rejects when the bytes cannot be read any more. */
export async function* blobPieces(blob: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = oneBuffer(blob.stream());
  if (reader === null) {
    yield* blob.stream();
    return;
  }
  let buffer = new ArrayBuffer(pieceBytes);
  try {
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (value && value.byteLength > 0) yield value;
      if (done || !value) return;
      buffer = value.buffer;
    }
  } finally {
    // Where the reader of pieces goes no further; what was read to its end, or cannot be read, needs none of it.
    reader.cancel().catch(() => undefined);
  }
}

/** Null where streams of Blobs do not fill buffers that they are given. */
function oneBuffer(stream: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}
