/** Reads a Blob's header in chunks: the bytes around a position, without loading the whole file. */

const chunkBytes = 16 * 1024;

export class BlobWindow {
  readonly size: number;
  readonly #blob: Blob;
  #start = 0;
  #bytes = new Uint8Array(0);

  constructor(blob: Blob) {
    this.#blob = blob;
    this.size = blob.size;
  }

  /** True when these bytes (as far as the file has them) can be had without waiting. */
  holds(position: number, length: number): boolean {
    const end = Math.min(this.size, position + length);
    return position >= this.#start && end <= this.#start + this.#bytes.length;
  }

  /** Makes the bytes from `position` on available, at least `length` of them unless the file ends. */
  async load(position: number, length: number): Promise<void> {
    if (this.holds(position, length)) return;
    const end = Math.min(this.size, position + Math.max(length, chunkBytes));
    this.#bytes = new Uint8Array(await this.#blob.slice(position, end).arrayBuffer());
    this.#start = position;
  }

  /** A view of loaded bytes; shorter than `length` only at the end of the file. */
  view(position: number, length: number): Uint8Array<ArrayBuffer> {
    const from = position - this.#start;
    return this.#bytes.subarray(from, from + length);
  }
}
