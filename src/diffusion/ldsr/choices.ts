/** What a person chooses of latent super-resolution (the recipe's step has just these), and what is taken where nothing is chosen. */

import type { NoiseSource } from '../noise/noise-field.ts';

export interface LdsrChoices {
  /** How often the network is asked for each tile. */
  readonly steps: number;
  /** How much of the noise that a step may renew it renews, 0 to 1. */
  readonly eta: number;
  readonly seed: number;
  readonly noise: NoiseSource;
  /** Sides of the tiles and what they share, in pixels of the picture that is enlarged. */
  readonly tile: number;
  readonly overlap: number;
}

/** Steps and eta are those of the published examples. Tiles are of 512 pixels of the result, which share 64. */
export const ldsrDefaults = {
  steps: 100,
  eta: 1,
  seed: 0,
  noise: 'philox',
  tile: 128,
  overlap: 16,
} as const satisfies LdsrChoices;

/** It always enlarges so many times. */
export const ldsrScale = 4;
