/**
 * Joint denoising: all tiles of the picture's latent map take each step together, and their predictions are joined
 * (`LatentJoiner`) before the step is made, so that no seam can arise.
 */

import type { Size } from '../../picture/geometry.ts';

/** Pixels along each side of a place of the latent map. */
export const latentScale = 8;

/** All lengths are places of the latent map. */
interface JointOptions {
  /** The one shape that the graphs are built for. */
  readonly tile: Size;
  readonly overlap: number;
}

/** Tiles of 512 pixels; an overlap of 64 pixels is the least at which img2img shows no tiles. */
export const jointDefaults: JointOptions = { tile: { width: 64, height: 64 }, overlap: 8 };
