/** The step of latent super-resolution (LDSR): a diffusion model of its own draws the picture four times as large. */

import { ldsrDefaults, type LdsrChoices } from '../diffusion/ldsr/choices.ts';

/** Files of those that come with the job, named as those of a refine step. */
export interface LdsrWeights {
  /** The model's single file, its folder, or the network alone. */
  readonly checkpoint?: string;
  /** The decoder, where it is in a file of its own. */
  readonly vae?: string;
}

export interface LdsrStep extends Partial<LdsrChoices> {
  readonly kind: 'ldsr';
  readonly weights?: LdsrWeights;
}

export type FullLdsrStep = LdsrStep & LdsrChoices;

/** The step with `ldsrDefaults` where it says nothing. */
export function withLdsrDefaults(step: LdsrStep): FullLdsrStep {
  return { ...ldsrDefaults, ...step };
}
