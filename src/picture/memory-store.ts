/**
 * A pixel store in one ArrayBuffer. The browser takes memory for a large buffer only when it is
 * written, so a store that is not filled yet costs little.
 */

import { invariant } from '../base/assert.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Rect, Size } from './geometry.ts';
import type { Depth, PixelBlock, PixelStore } from './pixel-store.ts';

type Samples = PixelBlock['data'];

export class MemoryStore implements PixelStore {
  readonly width: number;
  readonly height: number;
  readonly depth: Depth;
  #data: Samples | null;

  private constructor(size: Size, depth: Depth, data: Samples) {
    this.width = size.width;
    this.height = size.height;
    this.depth = depth;
    this.#data = data;
  }

  /** An empty (transparent black) store; `out-of-memory` when the browser does not give the bytes. */
  static create(size: Size, depth: Depth): Result<MemoryStore> {
    const bytes = byteLength(size, depth);
    try {
      return ok(MemoryStore.over(size, depth, new ArrayBuffer(bytes)));
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      const { width, height } = size;
      const megabytes = Math.ceil(bytes / 2 ** 20);
      return fail(
        'out-of-memory',
        `${width} × ${height} pixels need ${megabytes} MB of memory, which the browser did not give. Choose a smaller size, or close other tabs and try again.`,
        { width, height, megabytes },
      );
    }
  }

  /** A store over existing pixels, which are not copied. `buffer` holds exactly the picture. */
  static over(size: Size, depth: Depth, buffer: ArrayBuffer): MemoryStore {
    const bytes = byteLength(size, depth);
    invariant(buffer.byteLength === bytes, `A buffer of ${buffer.byteLength} bytes instead of ${bytes}`);
    return new MemoryStore(
      size,
      depth,
      depth === 8 ? new Uint8ClampedArray(buffer) : new Uint16Array(buffer),
    );
  }

  /** Gives the buffer away, for a transfer; the store cannot be used afterwards. */
  take(): ArrayBuffer {
    const { buffer } = this.#samples();
    this.#data = null;
    return buffer;
  }

  read(rect: Rect): Promise<PixelBlock> {
    const data = this.#samples();
    this.#check(rect);
    const { width, height } = rect;
    const stride = this.width * 4;
    const row = width * 4;
    const start = rect.y * stride + rect.x * 4;
    if (width === this.width) {
      return Promise.resolve({ width, height, data: data.slice(start, start + height * row) });
    }
    const copy = this.depth === 8 ? new Uint8ClampedArray(height * row) : new Uint16Array(height * row);
    for (let y = 0, from = start; y < height; y++, from += stride) {
      copy.set(data.subarray(from, from + row), y * row);
    }
    return Promise.resolve({ width, height, data: copy });
  }

  write(rect: Rect, block: PixelBlock): Promise<void> {
    const data = this.#samples();
    this.#check(rect);
    const same = block.width === rect.width && block.height === rect.height;
    invariant(same, `A block of ${block.width} x ${block.height} for ${rect.width} x ${rect.height}`);
    invariant(
      block.data.BYTES_PER_ELEMENT === this.depth / 8,
      `Samples of ${block.data.BYTES_PER_ELEMENT} bytes in a store of ${this.depth} bits`,
    );
    const stride = this.width * 4;
    const row = rect.width * 4;
    const start = rect.y * stride + rect.x * 4;
    if (rect.width === this.width) {
      data.set(block.data, start);
      return Promise.resolve();
    }
    for (let y = 0, to = start; y < rect.height; y++, to += stride) {
      data.set(block.data.subarray(y * row, (y + 1) * row), to);
    }
    return Promise.resolve();
  }

  release(): Promise<void> {
    this.#data = null;
    return Promise.resolve();
  }

  #samples(): Samples {
    invariant(this.#data, 'The pixel store was released.');
    return this.#data;
  }

  #check({ x, y, width, height }: Rect): void {
    const whole = [x, y, width, height].every(Number.isInteger);
    const inside =
      x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= this.width && y + height <= this.height;
    invariant(
      whole && inside,
      `${width} x ${height} at ${x}, ${y} does not lie inside ${this.width} x ${this.height}`,
    );
  }
}

function byteLength({ width, height }: Size, depth: Depth): number {
  invariant(
    Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0,
    `A picture of ${width} x ${height}`,
  );
  return width * height * 4 * (depth / 8);
}
