/**
 * Joint denoising: all tiles of the picture's latent map take each step together, and their predictions are joined before
 * the step is made, so that no seam can arise. Pixels below are those of the picture that the tiles make.
 */

import { invariant } from '../../base/assert.ts';
import type { Size } from '../../picture/geometry.ts';
import { evenGrid, type EvenGrid } from './grid.ts';
import { paddedSize } from './pad-to.ts';

/** Pixels along each side of a place of the latent map. */
export const latentScale = 8;

/** All lengths are places of the latent map. */
export interface JointOptions {
  /** The one shape that the graphs are built for. */
  readonly tile: Size;
  readonly overlap: number;
}

/** Tiles of 512 pixels; an overlap of 64 pixels is the least at which img2img shows no tiles. */
export const jointDefaults: JointOptions = { tile: { width: 64, height: 64 }, overlap: 8 };

export interface JointPlan {
  readonly picture: Size;
  /** What the picture is padded to before it is encoded (`padTo`, `readPadded`), in pixels: 8 times the map. */
  readonly padded: Size;
  /** Over the latent map. */
  readonly grid: EvenGrid;
}

/**
 * The latent map and its tiles for a picture of any size. Every tile has the full shape; a picture that is smaller than a tile, or
 * no multiple of 8, is padded. `LatentJoiner` joins what the tiles predict.
 */
export function planJoint(picture: Size, { tile, overlap }: JointOptions = jointDefaults): JointPlan {
  invariant(overlap < Math.min(tile.width, tile.height), `An overlap of ${overlap} between smaller tiles`);
  const padded = paddedSize(picture, latentScale, {
    width: tile.width * latentScale,
    height: tile.height * latentScale,
  });
  const map = { width: padded.width / latentScale, height: padded.height / latentScale };
  return { picture: { ...picture }, padded, grid: evenGrid(map, tile, overlap) };
}
