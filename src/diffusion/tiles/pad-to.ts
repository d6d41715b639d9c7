/** Makes pictures as large as a network's parts need them, by repeating their edges. */

import { invariant } from '../../base/assert.ts';
import type { Rect, Size } from '../../picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../picture/pixel-store.ts';

/** The size rounded up to multiples of `multiple`, and at least `least`. */
export function paddedSize(size: Size, multiple: number, least: Size = { width: 1, height: 1 }): Size {
  const padded = (side: number, shortest: number): number =>
    Math.ceil(Math.max(side, shortest) / multiple) * multiple;
  return { width: padded(size.width, least.width), height: padded(size.height, least.height) };
}

/**
 * `planes` (channel by channel, each `size`) made as large as `to`: beyond the right and the bottom edge the last column
 * and row are repeated. The planes themselves where nothing is missing; undone by `cropPlanes` (tiles/pad.ts).
 */
export function padTo(planes: Float32Array<ArrayBuffer>, size: Size, to: Size): Float32Array<ArrayBuffer> {
  invariant(
    to.width >= size.width && to.height >= size.height,
    `${size.width} x ${size.height} cannot be padded to ${to.width} x ${to.height}`,
  );
  if (to.width === size.width && to.height === size.height) return planes;
  const lines = planes.length / size.width;
  const channels = lines / size.height;
  const padded = new Float32Array(channels * to.width * to.height);
  for (let channel = 0, place = 0; channel < channels; channel++) {
    for (let y = 0; y < to.height; y++, place += to.width) {
      const from = (channel * size.height + Math.min(y, size.height - 1)) * size.width;
      padded.set(planes.subarray(from, from + size.width), place);
      padded.fill(planes[from + size.width - 1] as number, place + size.width, place + to.width);
    }
  }
  return padded;
}

/** The pixels of `rect`, which may hang over any edge of the store: there its nearest pixels are repeated. */
export async function readPadded(store: PixelStore, rect: Rect): Promise<PixelBlock> {
  const x = nearest(rect.x, rect.width, store.width);
  const y = nearest(rect.y, rect.height, store.height);
  const block = await store.read({ x: x.from, y: y.from, width: x.length, height: y.length });
  if (x.length === rect.width && y.length === rect.height) return block;
  const { width, height } = rect;
  const length = width * height * 4;
  const data = block.data instanceof Uint16Array ? new Uint16Array(length) : new Uint8ClampedArray(length);
  for (let row = 0, to = 0; row < height; row++) {
    const line = inside(rect.y + row - y.from, y.length) * x.length;
    for (let column = 0; column < width; column++) {
      const from = (line + inside(rect.x + column - x.from, x.length)) * 4;
      for (let sample = 0; sample < 4; sample++) data[to++] = block.data[from + sample] as number;
    }
  }
  return { width, height, data };
}

/** What of [start, start + length) lies in [0, side), or the place next to it. */
function nearest(start: number, length: number, side: number): { from: number; length: number } {
  const from = inside(start, side);
  return { from, length: inside(start + length - 1, side) - from + 1 };
}

function inside(position: number, length: number): number {
  return Math.min(length - 1, Math.max(0, position));
}
