/**
 * Which noise levels the steps of a run stand on. Each grid goes down from a level to its own end in so
 * many levels; the tail of a longer run over the same grid is the same as a shorter run from that level.
 */

import { invariant } from '../../base/assert.ts';
import { leastSigma, mostSigma, sigmaAt, timestepAt, type NoiseSchedule } from './noise-schedule.ts';

/** Where the network is asked once. */
export interface Level {
  readonly sigma: number;
  /** What the network is told of it; fractional on the grids of k-diffusion. */
  readonly timestep: number;
}

/**
 * - `linear`: timesteps evenly down to 0 (k-diffusion's own, "normal")
 * - `karras`: the seventh roots of the levels evenly down to the least (rho 7)
 * - `trailing`: whole timesteps that end one stride above 0
 * - `leading`: whole timesteps down to 1 (DDIM)
 * - `lcm`: some of the 50 timesteps that latent consistency models are distilled on
 */
export type Grid = 'linear' | 'karras' | 'trailing' | 'leading' | 'lcm';

const rho = 7;
/** How many timesteps latent consistency models know. */
export const lcmTimesteps = 50;

/** The run over a whole grid: `count` levels, falling, from the model's highest. */
export function fullLevels(schedule: NoiseSchedule, grid: Grid, count: number): readonly Level[] {
  invariant(count >= 1, 'A run has a step');
  if (grid !== 'leading') return levelsFrom(schedule, grid, mostSigma(schedule), count);
  const stride = Math.max(1, Math.floor(schedule.sigmas.length / count));
  return ofTimesteps(
    schedule,
    Array.from({ length: count }, (_, i) => (count - 1 - i) * stride + 1),
  );
}

/**
 * At most `count` levels, falling, from `sigma` on: fewer where whole timesteps would repeat. On a grid of whole
 * timesteps the first is the nearest one.
 */
export function levelsFrom(
  schedule: NoiseSchedule,
  grid: Grid,
  sigma: number,
  count: number,
): readonly Level[] {
  invariant(count >= 1, 'A run has a step');
  const top = timestepAt(schedule, sigma);
  const stops = Array.from({ length: count }, (_, i) => i);
  const share = (i: number) => (count === 1 ? 0 : i / (count - 1));
  switch (grid) {
    case 'linear':
      return distinct(stops.map((i) => levelAt(schedule, top * (1 - share(i)))));
    case 'karras':
      return distinct(
        stops
          .map((i) => karrasSigma(sigma, leastSigma(schedule), share(i)))
          .map((s) => withTimestep(schedule, s)),
      );
    case 'trailing': {
      const turns = Math.round(top) + 1;
      return ofTimesteps(
        schedule,
        stops.map((i) => roundToEven(turns * (1 - i / count)) - 1),
      );
    }
    case 'leading':
      return ofTimesteps(
        schedule,
        stops.map((i) => Math.round(Math.max(1, top) * (1 - share(i)) + share(i))),
      );
    case 'lcm':
      return lcmLevels(schedule, Math.round(((top + 1) * lcmTimesteps) / schedule.sigmas.length), count);
  }
}

/** At most `count` of the lowest `known` timesteps of a latent consistency model, evenly, from the highest of them. */
export function lcmLevels(schedule: NoiseSchedule, known: number, count: number): readonly Level[] {
  const stride = Math.floor(schedule.sigmas.length / lcmTimesteps);
  const all = Math.max(1, known);
  const taken = Math.min(count, all);
  return ofTimesteps(
    schedule,
    Array.from({ length: taken }, (_, i) => (all - Math.floor((i * all) / taken)) * stride - 1),
  );
}

/** Between two levels: at share 0 the first, at share 1 the second. */
export function karrasSigma(from: number, to: number, share: number): number {
  if (share === 0) return from;
  if (share === 1) return to;
  return (from ** (1 / rho) + share * (to ** (1 / rho) - from ** (1 / rho))) ** rho;
}

function levelAt(schedule: NoiseSchedule, timestep: number): Level {
  return { sigma: sigmaAt(schedule, timestep), timestep };
}

function withTimestep(schedule: NoiseSchedule, sigma: number): Level {
  return { sigma, timestep: timestepAt(schedule, sigma) };
}

function ofTimesteps(schedule: NoiseSchedule, timesteps: readonly number[]): readonly Level[] {
  const last = schedule.sigmas.length - 1;
  return distinct(timesteps.map((t) => levelAt(schedule, Math.min(Math.max(t, 0), last))));
}

/** Levels that fall by more than rounding: multistep samplers divide by the distance of two. */
function distinct(levels: readonly Level[]): readonly Level[] {
  const falling: Level[] = [];
  for (const level of levels) {
    const last = falling.at(-1);
    if (last === undefined || level.sigma < last.sigma * (1 - 1e-9)) falling.push(level);
  }
  return falling;
}

/** As numpy rounds: halves to the even neighbour. */
function roundToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
