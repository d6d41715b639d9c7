/** Whole trajectories of all samplers against k-diffusion's and diffusers', with one made-up network and the same noise. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  denoisedFrom,
  guidanceEmbedding,
  modelInput,
  type Prediction,
} from '../../src/diffusion/guidance.ts';
import { noiseField } from '../../src/diffusion/noise/noise-field.ts';
import { philoxNormals } from '../../src/diffusion/noise/philox.ts';
import { samplerTraits, type SamplerName, type SpacingName } from '../../src/diffusion/samplers/names.ts';
import { begin, finished, next, wanted, type Run } from '../../src/diffusion/samplers/run.ts';
import { scaledLinearSchedule, timestepAt } from '../../src/diffusion/schedule/noise-schedule.ts';
import { planSteps, type StepPlan } from '../../src/diffusion/schedule/plan.ts';
import { fullLevels } from '../../src/diffusion/schedule/spacing.ts';

interface Case {
  readonly sampler: SamplerName;
  readonly spacing: SpacingName;
  readonly prediction: Prediction;
  /** The reference keeps its latents at variance one. */
  readonly scaled?: boolean;
  readonly strength?: number;
}

interface Guidance {
  readonly denoised: readonly {
    readonly prediction: Prediction;
    readonly sigma: number;
    readonly timestep: number;
    readonly input: readonly number[];
    readonly denoised: readonly number[];
  }[];
  readonly embedding: readonly { readonly scale: number; readonly values: readonly number[] }[];
}

const file = (name: string) => readFileSync(new URL(`diffusion/samplers/${name}`, import.meta.url));
const cases = JSON.parse(file('trajectories.json').toString()) as readonly Case[];
const guidance = JSON.parse(file('guidance.json').toString()) as Guidance;
const trajectories = new Float32Array(new Uint8Array(file('trajectories.f32')).buffer);

const steps = 8;
const shape = { channels: 4, height: 4, width: 4 };
const length = 64;
const schedule = scaledLinearSchedule();
const noise = noiseField('philox', 42, shape);
const latent = philoxNormals(99, 0, 0, length).map((value) => value / 2);

/** As in the Python beside. */
function denoise(x: number, sigma: number): number {
  return 0.8 * Math.tanh((1.2 * x) / Math.hypot(1, sigma)) + 0.1 * Math.cos(2 * x + sigma);
}

/** What a network of either kind answers. */
function answerOf(prediction: Prediction, x: Float32Array, sigma: number): Float32Array {
  return x.map((value) => {
    const epsilon = (value - denoise(value, sigma)) / sigma;
    return prediction === 'epsilon'
      ? epsilon
      : (epsilon - sigma * denoise(value, sigma)) / Math.hypot(1, sigma);
  });
}

function planOf({ sampler, spacing, strength = 1 }: Case): StepPlan {
  const planned = planSteps(schedule, { sampler, spacing, steps, strength, rule: 'diffusers' });
  if (!planned.ok) throw new Error(planned.error.message);
  const grid = samplerTraits[sampler].grids[spacing];
  if (samplerTraits[sampler].skipsLast !== true || grid === undefined) return planned.value;
  // The reference knows nothing of a level that is left out.
  const levels = fullLevels(schedule, grid, steps);
  return {
    ...planned.value,
    sigmas: [...levels.map(({ sigma }) => sigma), 0],
    timesteps: levels.map(({ timestep }) => timestep),
  };
}

/** x before every step, and the end. */
function run(wanting: Case): Float32Array[] {
  const seen: Float32Array[] = [];
  let state: Run = begin(planOf(wanting), latent, noise.draw(0));
  for (let asked = wanted(state); asked !== null; asked = wanted(state)) {
    const { x, sigma, draw } = asked;
    if (state.step === seen.length) seen.push(wanting.scaled === true ? modelInput(x, sigma) : x);
    const denoised = denoisedFrom(wanting.prediction, x, answerOf(wanting.prediction, x, sigma), sigma);
    state = next(state, denoised, draw === null ? undefined : noise.draw(draw));
  }
  return [...seen, finished(state)];
}

/** The largest difference over the largest value. */
function relative(values: Float32Array, expected: ArrayLike<number>): number {
  expect(values.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(values, (value, i) => Math.abs(value - (expected[i] ?? NaN)))) / largest;
}

describe.each(cases)('$sampler, $spacing spacing, $prediction', (wanting) => {
  const first = cases.indexOf(wanting) * (steps + 1) * length;

  it('goes the way of the reference', () => {
    const seen = run(wanting);
    expect(seen).toHaveLength(steps + 1);
    seen.forEach((x, i) => {
      const expected = trajectories.subarray(first + i * length, first + (i + 1) * length);
      expect(relative(x, expected)).toBeLessThanOrEqual(1e-5);
    });
  });
});

it('covers every sampler with every spacing that it has', () => {
  const covered = new Set(cases.map(({ sampler, spacing }) => `${sampler} ${spacing}`));
  const all = Object.entries(samplerTraits).flatMap(([sampler, { grids }]) =>
    Object.keys(grids).map((spacing) => `${sampler} ${spacing}`),
  );
  // diffusers has no trailing timesteps for LCM; the sampler is the same on any.
  expect(all.filter((one) => !covered.has(one))).toEqual(['lcm trailing']);
});

it.each(guidance.denoised)('a network of $prediction at $sigma is given and understood', (expected) => {
  const { sigma, prediction } = expected;
  const x = philoxNormals(1, 0, 0, length).map((value) => value * sigma);
  expect(relative(modelInput(x, sigma), expected.input)).toBeLessThanOrEqual(1e-6);
  const answer = philoxNormals(2, 0, 0, length);
  expect(relative(denoisedFrom(prediction, x, answer, sigma), expected.denoised)).toBeLessThanOrEqual(1e-6);
  expect(timestepAt(schedule, sigma)).toBeCloseTo(expected.timestep, 4);
});

it.each(guidance.embedding)('guidance $scale is embedded', ({ scale, values }) => {
  // The reference rounds the logarithm of 10000 to single precision, and angles go into the thousands.
  expect(relative(guidanceEmbedding(scale), values)).toBeLessThanOrEqual(1e-4);
});
