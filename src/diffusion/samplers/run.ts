/**
 * A run of a sampler as a machine of plain data: it says what latent the network has to denoise, and takes the answer. Who
 * asks the network, in tiles or whole, is not known here, so a run can stop and go on anywhere.
 */

import { at, invariant } from '../../base/assert.ts';
import type { StepPlan } from '../schedule/plan.ts';
import { dpmpp2m, dpmpp2mSde, dpmpp3mSde } from './dpmpp.ts';
import { euler, heun, lcm } from './euler.ts';
import { evaluationsAStep, type SamplerName } from './names.ts';
import type { Rule } from './rule.ts';
import { weightedSum, type Term } from './weighted-sum.ts';

const rules: Readonly<Record<SamplerName, Rule>> = {
  ddim: euler,
  euler,
  'euler-a': euler,
  heun,
  'dpmpp-2m': dpmpp2m,
  'dpmpp-2m-sde': dpmpp2mSde,
  'dpmpp-3m-sde': dpmpp3mSde,
  lcm,
  turbo: euler,
};

/** Never changed in place. Latents are of any one shape: the picture's plus noise of the level's spread. */
export interface Run {
  readonly plan: StepPlan;
  /** Steps done. */
  readonly step: number;
  /** Draws of noise that were used, the one that the run began with included. */
  readonly draws: number;
  readonly x: Float32Array;
  /** What the sampler looks back at, newest first. */
  readonly memory: readonly Float32Array[];
}

export interface Wanted {
  readonly x: Float32Array;
  readonly sigma: number;
  readonly timestep: number;
  /** The number of the draw that `next` needs besides; null: none. */
  readonly draw: number | null;
}

/** Begins from a latent and draw 0 of its noise; a run from noise alone has a latent of zeros. */
export function begin(plan: StepPlan, latent: Float32Array, noise: Float32Array): Run {
  const x = weightedSum([
    [plan.start.latent, latent],
    [plan.start.noise, noise],
  ]);
  return { plan, step: 0, draws: 1, x, memory: [] };
}

/** What the network is to denoise next, or null when the run is over. */
export function wanted(run: Run): Wanted | null {
  const { plan, step, x, memory, draws } = run;
  if (step >= plan.timesteps.length) return null;
  const rule = rules[plan.sampler];
  const { noise = 0 } = rule.weights({ plan, step, remembered: memory.length });
  // A sampler that looks back at nothing remembers only in the middle of a step: that of its end.
  const level = rule.lookback === 0 && memory.length > 0 ? step + 1 : step;
  return {
    x,
    sigma: at(plan.sigmas, level),
    timestep: at(plan.timesteps, level),
    draw: noise === 0 ? null : draws,
  };
}

/**
 * Takes the denoised form of what was wanted.
 * @param noise the wanted draw; needed when `wanted` named one
 */
export function next(run: Run, denoised: Float32Array, noise?: Float32Array): Run {
  const { plan, step, x, memory } = run;
  invariant(step < plan.timesteps.length, 'The run is over');
  const rule = rules[plan.sampler];
  const weights = rule.weights({ plan, step, remembered: memory.length });
  const terms: Term[] = [
    [weights.x, x],
    [weights.denoised, denoised],
  ];
  weights.earlier?.forEach((weight, i) => terms.push([weight, at(memory, i)]));
  const { noise: fresh = 0, trial = false } = weights;
  if (fresh !== 0) {
    invariant(noise !== undefined, 'This step needs noise');
    terms.push([fresh, noise]);
  }
  return {
    plan,
    step: trial ? step : step + 1,
    draws: fresh === 0 ? run.draws : run.draws + 1,
    x: weightedSum(terms),
    memory: trial ? [x, denoised] : [denoised, ...memory].slice(0, rule.lookback),
  };
}

/** The latent of a run that is over, for the decoder: what is left of noise keeps its share of the variance (DDIM). */
export function finished({ plan, x }: Run): Float32Array {
  const end = at(plan.sigmas, plan.sigmas.length - 1);
  return end === 0 ? x : weightedSum([[1 / Math.hypot(end, 1), x]]);
}

/** How often the network is still to be asked. */
export function askedStill({ plan, step, memory }: Run): number {
  const steps = plan.timesteps.length - step;
  if (evaluationsAStep(plan.sampler) === 1 || steps === 0) return steps;
  return 2 * steps - 1 - (memory.length > 0 ? 1 : 0);
}
