/**
 * The bytes of a Blob for a runtime that takes them as an array (onnxruntime-web without JSPI): read a tensor at a time when they are asked
 * for, so that no large file is in memory whole. Such a runtime asks for its length and for parts of it, nothing else.
 */

/** Of workers alone: Node's tests, which have the types of pages, see this file too. */
declare const FileReaderSync: new () => { readAsArrayBuffer(blob: Blob): ArrayBuffer };

export class BlobBytes extends Uint8Array<ArrayBuffer> {
  readonly #blob: Blob;
  readonly #reader = new FileReaderSync();

  constructor(blob: Blob) {
    super(new ArrayBuffer(0));
    this.#blob = blob;
  }

  override get byteLength(): number {
    return this.#blob.size;
  }

  override get length(): number {
    return this.#blob.size;
  }

  /** A copy, not a view. Throws what the browser does when the file cannot be read any more. */
  override subarray(start = 0, end = this.#blob.size): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#reader.readAsArrayBuffer(this.#blob.slice(start, end)));
  }
}
