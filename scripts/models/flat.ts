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
const side = 24;

/** The largest deviation from a flat input anywhere in its output, clamped, in 8-bit levels. */
export async function flatShift(network: Network): Promise<number> {
  let most = 0;
  for (const colour of colours) {
    const data = Float32Array.from({ length: 3 * side * side }, (_, index) => {
      return (colour[Math.floor(index / (side * side))] ?? 0) / 255;
    });
    const output = await network.run({ width: side, height: side, data });
    const area = output.width * output.height;
    output.data.forEach((value, index) => {
      const expected = colour[Math.floor(index / area)] ?? 0;
      most = Math.max(most, Math.abs(Math.min(1, Math.max(0, value)) * 255 - expected));
    });
  }
  return most;
}
