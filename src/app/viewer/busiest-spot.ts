/** Where a picture has the most to see: the square with the strongest edges. Pure. */

import type { Size } from '../../picture/geometry.ts';

/**
 * The top left corner of the square of `side` pixels in which neighbouring pixels differ most, in whole pixels; the
 * square in the middle where none differ. `data` is RGBA, 8 bits; a side that is longer than the picture covers it.
 */
export function busiestSpot(
  data: Uint8ClampedArray,
  { width, height }: Size,
  side: number,
): { readonly x: number; readonly y: number } {
  const [across, down] = [Math.min(side, width), Math.min(side, height)];
  const sums = edgeSums(data, width, height);
  const at = (x: number, y: number): number => sums[y * (width + 1) + x] ?? 0;
  let best = { x: Math.floor((width - across) / 2), y: Math.floor((height - down) / 2) };
  const strength = (x: number, y: number): number =>
    at(x + across, y + down) - at(x, y + down) - at(x + across, y) + at(x, y);
  let most = strength(best.x, best.y);
  for (let y = 0; y + down <= height; y++) {
    for (let x = 0; x + across <= width; x++) {
      const here = strength(x, y);
      if (here > most) [best, most] = [{ x, y }, here];
    }
  }
  return best;
}

/** Summed from the top left: the edges in any rectangle are four look-ups. */
function edgeSums(data: Uint8ClampedArray, width: number, height: number): Float64Array {
  const bright = (x: number, y: number): number => {
    const i = (y * width + x) * 4;
    return ((data[i] ?? 0) + 2 * (data[i + 1] ?? 0) + (data[i + 2] ?? 0)) / 4;
  };
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      const right = x + 1 < width ? Math.abs(bright(x + 1, y) - bright(x, y)) : 0;
      const below = y + 1 < height ? Math.abs(bright(x, y + 1) - bright(x, y)) : 0;
      row += right + below;
      sums[(y + 1) * (width + 1) + x + 1] = (sums[y * (width + 1) + x + 1] ?? 0) + row;
    }
  }
  return sums;
}
