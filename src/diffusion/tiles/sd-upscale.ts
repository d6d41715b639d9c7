/** AUTOMATIC1111's SD upscale: every tile is redrawn by itself, and the results are laid over one another (`RampJoiner`). */

import { invariant } from '../../base/assert.ts';
import type { Size } from '../../picture/geometry.ts';
import { evenGrid, type EvenGrid } from './grid.ts';
import { paddedSize } from './pad-to.ts';

/** Lengths are pixels of the enlarged picture. */
export interface SdUpscaleOptions {
  /** Multiples of 8. */
  readonly tile: Size;
  /** Width of the ramp in which a tile replaces what is before it; neighbours share at least as much. */
  readonly overlap: number;
}

/** The script's own. */
export const sdUpscaleDefaults: SdUpscaleOptions = { tile: { width: 512, height: 512 }, overlap: 64 };

export interface SdUpscalePlan {
  readonly picture: Size;
  /** Over the picture, padded to a tile where it is smaller (`readPadded` reads what lies beyond). */
  readonly grid: EvenGrid;
}

/** The tiles of a picture of any size, in pixels; a picture smaller than a tile is one, and is padded. */
export function planSdUpscale(
  picture: Size,
  { tile, overlap }: SdUpscaleOptions = sdUpscaleDefaults,
): SdUpscalePlan {
  invariant(tile.width % 8 === 0 && tile.height % 8 === 0, `A tile of ${tile.width} x ${tile.height}`);
  return {
    picture: { width: picture.width, height: picture.height },
    grid: evenGrid(paddedSize(picture, 1, tile), tile, overlap),
  };
}

/**
 * What is added to the run's seed for the tile at `index`, when `batch` tiles are redrawn at a time: one more after each
 * batch, and within a batch one more for each tile.
 */
export function seedStep(index: number, batch: number): number {
  invariant(Number.isInteger(batch) && batch > 0, `Batches of ${batch}`);
  return Math.floor(index / batch) + (index % batch);
}
