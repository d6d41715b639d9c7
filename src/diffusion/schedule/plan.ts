/**
 * From steps and strength to a run: at which noise level it begins, how often the network is asked, and
 * at which levels. The meanings of strength are told in docs/recipes.md.
 */

import { at, invariant } from '../../base/assert.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { samplerTraits, type SamplerName, type SpacingName } from '../samplers/names.ts';
import { leastSigma, mostSigma, type NoiseSchedule } from './noise-schedule.ts';
import { fullLevels, karrasSigma, lcmLevels, lcmTimesteps, levelsFrom, type Level } from './spacing.ts';

/**
 * - `level`: the noise level is that of AUTOMATIC1111's strength with 20 Karras steps, whatever the sampler
 * - `sampler`: all as in AUTOMATIC1111, where the level depends on the sampler, its spacing and the steps
 * - `diffusers`: as in diffusers: likewise, with one evaluation fewer
 */
export type StrengthRule = 'level' | 'sampler' | 'diffusers';

export interface RunOptions {
  readonly sampler: SamplerName;
  /** The sampler's usual one when absent. */
  readonly spacing?: SpacingName;
  /** Of a full run, 1 to 1000. */
  readonly steps: number;
  /** 0 to 1. */
  readonly strength: number;
  /** `level` when absent. */
  readonly rule?: StrengthRule;
  /** Whether all of the steps are spent on the part of the run that strength leaves. */
  readonly exactly?: boolean;
}

/** Plain data, written into checkpoints. */
export interface StepPlan {
  readonly sampler: SamplerName;
  /** Falling; the network is asked at each but the last, which is where the run ends. */
  readonly sigmas: readonly number[];
  /** One for each sigma but the last. */
  readonly timesteps: readonly number[];
  readonly eta: number;
  /** Factors of the latent and of the noise in what the run begins from. */
  readonly start: { readonly latent: number; readonly noise: number };
}

/** The steps of AUTOMATIC1111 whose Karras schedule gives strength its meaning. */
const familiarSteps = 20;
const almostOne = 0.999;
const leastShare = 0.001;

/** The noise level of a strength, 0 to 1; straight on the Karras curve between the twentieths. */
export function sigmaOfStrength(schedule: NoiseSchedule, strength: number): number {
  const last = familiarSteps - 1;
  const place = Math.min(Math.max(last - strength * familiarSteps, 0), last);
  return karrasSigma(mostSigma(schedule), leastSigma(schedule), place / last);
}

/** Fails where the spacing is not one of the sampler's, and where diffusers' rule leaves nothing to do. */
export function planSteps(schedule: NoiseSchedule, options: RunOptions): Result<StepPlan> {
  const { sampler, steps, strength, rule = 'level' } = options;
  invariant(steps >= 1 && strength >= 0 && strength <= 1, 'Steps and strength are in range');
  const { grids, usual } = samplerTraits[sampler];
  const spacing = options.spacing ?? usual;
  const grid = grids[spacing];
  if (grid === undefined) {
    const possible = Object.keys(grids).join(' or ');
    return fail(
      'recipe-invalid',
      `The sampler ${sampler} has no ${spacing} spacing. Choose ${possible} spacing, or another sampler.`,
      { sampler, spacing, possible },
    );
  }
  const count = evaluations(options);
  if (count === 0) {
    return fail(
      'recipe-invalid',
      `By diffusers' rule ${steps} steps at a strength of ${strength} leave none to take. Take more steps or more strength.`,
      { steps, strength },
    );
  }
  if (rule === 'level') {
    const from = sigmaOfStrength(schedule, strength);
    return ok(
      planOf(
        schedule,
        sampler,
        layOut(sampler, count, (n) => levelsFrom(schedule, grid, from, n)),
      ),
    );
  }
  if (rule === 'sampler' && grid === 'leading') return ok(timestepRun(schedule, options, count - 1));
  if (rule === 'diffusers' && grid === 'lcm') {
    return ok(planOf(schedule, sampler, lcmLevels(schedule, Math.trunc(lcmTimesteps * strength), count)));
  }
  const whole = layOut(sampler, wholeRun(options), (n) => fullLevels(schedule, grid, n));
  return ok(planOf(schedule, sampler, whole.slice(-count)));
}

/** How many levels the network is asked at. */
function evaluations({ sampler, spacing, steps, strength, rule = 'level', exactly }: RunOptions): number {
  if (exactly === true) return steps;
  if (rule !== 'diffusers') return Math.trunc(Math.min(strength, almostOne) * steps) + 1;
  // Latent consistency models take all their steps from the part of their timesteps that strength leaves.
  if (sampler === 'lcm' && spacing !== 'trailing') return steps;
  return Math.min(Math.trunc(steps * strength), steps);
}

/** The steps of the run of which strength leaves a part; when all steps are to be taken a longer one. */
function wholeRun({ steps, strength, exactly }: RunOptions): number {
  return exactly === true ? Math.trunc(steps / Math.min(Math.max(strength, leastShare), almostOne)) : steps;
}

function layOut(
  sampler: SamplerName,
  count: number,
  levels: (count: number) => readonly Level[],
): readonly Level[] {
  return samplerTraits[sampler].skipsLast === true ? levels(count + 1).slice(0, count) : levels(count);
}

/** A run that begins with noise of just its first level. */
function planOf(schedule: NoiseSchedule, sampler: SamplerName, levels: readonly Level[]): StepPlan {
  const { eta, endsNoisy } = samplerTraits[sampler];
  const sigmas = levels.map(({ sigma }) => sigma);
  const least = leastSigma(schedule);
  return {
    sampler,
    sigmas: [...sigmas, endsNoisy === true && at(sigmas, sigmas.length - 1) > least ? least : 0],
    timesteps: levels.map(({ timestep }) => timestep),
    eta,
    start: { latent: 1, noise: at(levels, 0).sigma },
  };
}

/**
 * AUTOMATIC1111's run over whole timesteps, for DDIM: noise of timestep number `count` from the lowest is added in the
 * proportion of that one, and the run begins at the next lower one, so a little apart from its first level. The lowest is
 * where it ends: the network is not asked there. Where that leaves no evaluation (AUTOMATIC1111 makes none for a count of 0
 * or 1) one is made, at the level of the noise.
 */
function timestepRun(schedule: NoiseSchedule, options: RunOptions, count: number): StepPlan {
  const timesteps = schedule.sigmas.length;
  const stride = Math.max(1, Math.floor(timesteps / wholeRun(options)));
  const timestep = (i: number) => Math.min(i * stride + 1, timesteps - 1);
  const taken = Math.max(1, count - 1);
  const first = count === 0 ? 0 : taken;
  const levels = Array.from({ length: taken }, (_, i) => {
    const t = timestep(first - i);
    return { timestep: t, sigma: at(schedule.sigmas, t) };
  });
  const end = first === 0 ? leastSigma(schedule) : at(schedule.sigmas, timestep(0));
  const begins = timestep(first);
  const noisy = timestep(count);
  const latent = Math.sqrt(at(schedule.alphas, noisy) / at(schedule.alphas, begins));
  return {
    sampler: options.sampler,
    sigmas: [...levels.map((level) => level.sigma), end],
    timesteps: levels.map((level) => level.timestep),
    eta: samplerTraits[options.sampler].eta,
    start: { latent, noise: latent * at(schedule.sigmas, noisy) },
  };
}
