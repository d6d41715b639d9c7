/**
 * What a sampler is: from the levels of a run it says what each step adds up. Every latent that it reckons with is
 * a weighted sum of the one that it has, of the denoised ones and of noise.
 */

import type { StepPlan } from '../schedule/plan.ts';

/** Where a run stands. */
export interface Place {
  readonly plan: StepPlan;
  /** The step goes from its sigma of this number to the next. */
  readonly step: number;
  /** How many latents are remembered, newest first. */
  readonly remembered: number;
}

export interface Weights {
  readonly x: number;
  readonly denoised: number;
  /** Absent or 0: no noise is drawn. */
  readonly noise?: number;
  /** Of what is remembered, newest first. */
  readonly earlier?: readonly number[];
  /** A trial: the step is not over, and goes on from `x` and `denoised`, which are remembered in this order. */
  readonly trial?: true;
}

export interface Rule {
  /** How many of the last denoised latents it looks back at. */
  readonly lookback: number;
  weights(place: Place): Weights;
}
