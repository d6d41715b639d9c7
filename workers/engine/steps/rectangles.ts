/** An output cut into squares, row by row, for passes whose pixels do not depend on where it is cut. */

import type { Rect, Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock } from '../../../src/picture/pixel-store.ts';

export function rectangleCount({ width, height }: Size, side: number): number {
  return Math.ceil(width / side) * Math.ceil(height / side);
}

/** The one of that index; those at the right and the bottom are smaller. */
export function rectangleAt(size: Size, side: number, index: number): Rect {
  const columns = Math.ceil(size.width / side);
  const x = (index % columns) * side;
  const y = Math.floor(index / columns) * side;
  return { x, y, width: Math.min(side, size.width - x), height: Math.min(side, size.height - y) };
}

/** What two rectangles share; null when that is nothing. */
export function intersect(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** `whole`, the pixels of `rect`, with `part` written at `inside`, which lies in `rect`. */
export function pasted(whole: PixelBlock, rect: Rect, part: PixelBlock, inside: Rect): PixelBlock {
  for (let row = 0; row < inside.height; row++) {
    const from = row * inside.width * 4;
    const to = ((inside.y - rect.y + row) * rect.width + inside.x - rect.x) * 4;
    whole.data.set(part.data.subarray(from, from + inside.width * 4), to);
  }
  return whole;
}
