/** Collects bytes into Blobs of the size that a record of the store has, which the browser may move to its disk. */

import { chunkBytes } from '../../src/models/model-store.ts';

export class Chunks {
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  /** Bytes that wait for their Blob. */
  get waiting(): number {
    return this.#bytes;
  }

  /** The Blobs that these bytes have made full. */
  add(bytes: Uint8Array<ArrayBuffer>): readonly Blob[] {
    const full: Blob[] = [];
    let rest = bytes;
    while (this.#bytes + rest.byteLength >= chunkBytes) {
      const cut = chunkBytes - this.#bytes;
      this.#take(rest.subarray(0, cut));
      full.push(...this.end());
      rest = rest.subarray(cut);
    }
    if (rest.byteLength > 0) this.#take(rest);
    return full;
  }

  /** What waits, as one Blob; nothing where nothing waits. */
  end(): readonly Blob[] {
    if (this.#bytes === 0) return [];
    const blob = new Blob(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return [blob];
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.byteLength;
  }
}
