/** Turns stored pixels upright (EXIF orientation), tile by tile or as a drawing. */

import { swapsSides, type Orientation } from '../../src/formats/exif.ts';
import type { Rect, Size } from '../../src/picture/geometry.ts';

/** The size as seen. */
export function orientedSize({ width, height }: Size, orientation: Orientation): Size {
  return swapsSides(orientation) ? { width: height, height: width } : { width, height };
}

/**
 * Copies a tile of the stored picture into the upright one. Pixels are whole 32-bit words;
 * `stored` is the size of the stored picture, `to` the upright picture of `orientedSize`.
 */
export function placeTile(
  tile: Uint32Array,
  rect: Rect,
  stored: Size,
  orientation: Orientation,
  to: Uint32Array,
): void {
  const { origin, alongX, alongY } = strides(stored, orientation);
  for (let y = 0; y < rect.height; y++) {
    const row = tile.subarray(y * rect.width, (y + 1) * rect.width);
    let at = origin + rect.x * alongX + (rect.y + y) * alongY;
    if (alongX === 1) {
      to.set(row, at);
      continue;
    }
    for (let x = 0; x < row.length; x++, at += alongX) to[at] = row[x] as number;
  }
}

/** Where the stored pixel (0, 0) goes, and how far a step along the stored x and y leads. */
function strides(
  { width: w, height: h }: Size,
  orientation: Orientation,
): { origin: number; alongX: number; alongY: number } {
  switch (orientation) {
    case 1:
      return { origin: 0, alongX: 1, alongY: w };
    case 2:
      return { origin: w - 1, alongX: -1, alongY: w };
    case 3:
      return { origin: w * h - 1, alongX: -1, alongY: -w };
    case 4:
      return { origin: w * (h - 1), alongX: 1, alongY: -w };
    case 5:
      return { origin: 0, alongX: h, alongY: 1 };
    case 6:
      return { origin: h - 1, alongX: h, alongY: -1 };
    case 7:
      return { origin: w * h - 1, alongX: -h, alongY: -1 };
    case 8:
      return { origin: h * (w - 1), alongX: -h, alongY: 1 };
  }
}

type Matrix = [a: number, b: number, c: number, d: number, e: number, f: number];

/** The canvas transform that draws a stored picture of `size` upright. */
export function uprightMatrix({ width: w, height: h }: Size, orientation: Orientation): Matrix {
  const matrices: Readonly<Record<Orientation, Matrix>> = {
    1: [1, 0, 0, 1, 0, 0],
    2: [-1, 0, 0, 1, w, 0],
    3: [-1, 0, 0, -1, w, h],
    4: [1, 0, 0, -1, 0, h],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, h, 0],
    7: [0, -1, -1, 0, h, w],
    8: [0, -1, 1, 0, 0, w],
  };
  return matrices[orientation];
}
