/** The picture that probing shows to a network: slopes, edges, black, white and colours that differ, at any size. */

import type { Size } from '../../../src/picture/geometry.ts';

export type Planes = Float32Array<ArrayBuffer>;

/** RGB planes, 0 to 1. */
export function testPicture({ width, height }: Size): Planes {
  const planes = new Float32Array(3 * width * height);
  let index = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) planes[index++] = pixel(x / width, y / height, channel);
    }
  }
  return planes;
}

/** A blue sky over green ground, a red disc, a black and a white corner. */
function pixel(x: number, y: number, channel: number): number {
  const disc = (x - 0.6) ** 2 + (y - 0.45) ** 2 < 0.05;
  if (disc) return [0.85, 0.2, 0.15][channel] ?? 0;
  if (x + y < 0.3) return 0;
  if (x + y > 1.75) return 1;
  const horizon = 0.62 + 0.08 * Math.sin(x * 9);
  if (y < horizon) return ([0.35, 0.6, 0.95][channel] ?? 0) * (0.6 + 0.4 * y);
  return ([0.25, 0.55, 0.2][channel] ?? 0) * (0.7 + 0.5 * x);
}

/** The same value everywhere in each plane. */
export function flatPicture(size: Size, rgb: readonly number[]): Planes {
  const count = size.width * size.height;
  return Float32Array.from({ length: 3 * count }, (_, i) => rgb[Math.floor(i / count)] ?? 0);
}
