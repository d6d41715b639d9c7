/**
 * Reads numbers from bytes that may end anywhere or hold anything. A read beyond the end gives -1
 * instead of throwing, so that a reader of a damaged file needs no exceptions.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether `count` bytes from `at` lie inside. */
  has(at: number, count: number): boolean {
    return at >= 0 && count >= 0 && at + count <= this.length;
  }

  u8(at: number): number {
    return this.has(at, 1) ? this.#view.getUint8(at) : -1;
  }

  u16(at: number, littleEndian = false): number {
    return this.has(at, 2) ? this.#view.getUint16(at, littleEndian) : -1;
  }

  u24(at: number, littleEndian = false): number {
    if (!this.has(at, 3)) return -1;
    const [first, middle, last] = [this.u8(at), this.u8(at + 1), this.u8(at + 2)];
    return littleEndian ? first | (middle << 8) | (last << 16) : (first << 16) | (middle << 8) | last;
  }

  u32(at: number, littleEndian = false): number {
    return this.has(at, 4) ? this.#view.getUint32(at, littleEndian) : -1;
  }

  /** A signed number: 0 beyond the end. */
  i32(at: number, littleEndian = false): number {
    return this.has(at, 4) ? this.#view.getInt32(at, littleEndian) : 0;
  }

  /** `count` bytes as Latin-1 text; fewer where the bytes end. */
  text(at: number, count: number): string {
    let text = '';
    for (let i = Math.max(at, 0); i < Math.min(at + count, this.length); i++) {
      text += String.fromCharCode(this.#view.getUint8(i));
    }
    return text;
  }

  /** Whether the bytes at `at` are these characters. */
  is(at: number, text: string): boolean {
    return this.has(at, text.length) && this.text(at, text.length) === text;
  }
}
