/** How far a network shifts flat colours: the reason why flat tiles may, or may not, skip it. */

import type { Network } from './run.ts';

const levels = [0, 32, 64, 96, 128, 160, 192, 224, 255];
const colours = [
  ...levels.map((level) => [level, level, level]),
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
  [0, 255, 255],
  [255, 0, 255],
  [200, 150, 120],
  [60, 90, 160],
];
/** Large enough for a middle that the edges hardly reach. */
const side = 64;

export interface FlatShift {
  /** Largest deviation from the flat input anywhere, in 8-bit levels. */
  readonly anywhere: number;
  /** The same in the middle, out of reach of the padding at the picture's edges. */
  readonly inside: number;
}

export async function flatShift(network: Network): Promise<FlatShift> {
  let [anywhere, inside] = [0, 0];
  for (const colour of colours) {
    const data = Float32Array.from({ length: 3 * side * side }, (_, index) => {
      return (colour[Math.floor(index / (side * side))] ?? 0) / 255;
    });
    const { width, height, data: output } = await network.run({ width: side, height: side, data });
    const middle = (position: number, length: number): boolean => Math.abs(position / length - 0.5) < 0.05;
    output.forEach((value, index) => {
      const expected = colour[Math.floor(index / (width * height))] ?? 0;
      const shift = Math.abs(Math.min(1, Math.max(0, value)) * 255 - expected);
      const [x, y] = [index % width, Math.floor(index / width) % height];
      anywhere = Math.max(anywhere, shift);
      if (middle(x, width) && middle(y, height)) inside = Math.max(inside, shift);
    });
  }
  return { anywhere, inside };
}
