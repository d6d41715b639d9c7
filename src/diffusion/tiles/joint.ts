/**
 * Joint denoising: all tiles of the picture's latent map take each step together, and their predictions are joined
 * (`LatentJoiner`) before the step is made, so that no seam can arise.
 */

import type { Size } from '../../picture/geometry.ts';

/** Pixels along each side of a place of the latent map. */
export const latentScale = 8;

/** In pixels; an overlap of 64 is the least at which img2img shows no tiles. */
export const jointDefaults: { readonly tile: Size; readonly overlap: number } = {
  tile: { width: 512, height: 512 },
  overlap: 64,
};
