/** What latents are multiplied by between an autoencoder and a UNet. */

import type { PartKind } from './part.ts';

/** Of Stable Diffusion 1 and 2 (https://github.com/CompVis/stable-diffusion, `scale_factor`): makes the variance of latents 1. */
const stableDiffusion = 0.18215;

/**
 * UNet's latents = this * the encoder's; the decoder takes UNet's latents / this. TAESD is trained on latents that
 * are scaled already, and the latent super-resolution model takes its own as they are.
 */
export function latentScaling(kind: PartKind): number {
  return kind === 'vae-encoder' || kind === 'vae-decoder' ? stableDiffusion : 1;
}
