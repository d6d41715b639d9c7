/**
 * How much each tile counts where tiles overlap. A grid is a product of columns and rows, and so are the weights: one
 * line of them a column and one a row, divided by their sum already, so joining needs no map of weights and no division.
 */

import { at } from '../../base/assert.ts';

/** Variance of the bell over the square of the tile's length. */
const variance = 0.01;

/**
 * The bell of Mixture of Diffusers (Jiménez, arXiv 2302.02412; reference code mixdiff/tiling.py, MIT) over a tile of
 * `length` places. At the edges it is about 4e-6 of what it is in the middle, so it is kept in fp64 until it is divided by the sum.
 */
export function gaussianLine(length: number): Float64Array {
  const middle = (length - 1) / 2;
  const factor = 1 / Math.sqrt(2 * Math.PI * variance);
  return Float64Array.from({ length }, (_, i) => {
    const distance = (i - middle) / length;
    return factor * Math.exp((-distance * distance) / (2 * variance));
  });
}

/**
 * One line of weights for each of the tiles that begin at `starts` and are `tile` long. At every place of the axis the weights
 * of the tiles there sum to one; where only one is, its weight is exactly 1.
 */
export function weightLines(starts: readonly number[], tile: number): Float32Array[] {
  const line = gaussianLine(tile);
  const sums = new Float64Array(at(starts, starts.length - 1) + tile);
  for (const start of starts) {
    for (let i = 0; i < tile; i++) sums[start + i] = (sums[start + i] as number) + (line[i] as number);
  }
  return starts.map((start) => Float32Array.from(line, (weight, i) => weight / (sums[start + i] as number)));
}
