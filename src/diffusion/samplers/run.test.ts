import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseField } from '../noise/noise-field.ts';
import { scaledLinearSchedule } from '../schedule/noise-schedule.ts';
import { planSteps, type StepPlan } from '../schedule/plan.ts';
import { samplerTraits, type SamplerName } from './names.ts';
import { askedStill, begin, finished, next, wanted, type Run } from './run.ts';

const schedule = scaledLinearSchedule();
const names = Object.keys(samplerTraits) as SamplerName[];
const field = noiseField('philox', 3, { channels: 4, height: 2, width: 3 });
const latent = field.draw(7);

function plan(sampler: SamplerName, steps = 8, strength = 1): StepPlan {
  const planned = planSteps(schedule, { sampler, steps, strength });
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.value;
}

const denoise = (x: Float32Array, sigma: number) => x.map((value) => Math.tanh(value / Math.hypot(1, sigma)));

function advance(run: Run, network = denoise): Run | null {
  const asked = wanted(run);
  if (asked === null) return null;
  const { x, sigma, draw } = asked;
  return next(run, network(x, sigma), draw === null ? undefined : field.draw(draw));
}

/** The states of a run, from its beginning to its end. */
function states(from: Run, network = denoise): Run[] {
  const all = [from];
  for (let run = advance(from, network); run !== null; run = advance(run, network)) all.push(run);
  return all;
}

const last = <T>(list: readonly T[]) => list.at(-1) as T;

describe.each(names)('%s', (sampler) => {
  const whole = states(begin(plan(sampler), latent, field.draw(0)));

  it('comes to an end with finite values', () => {
    const end = finished(last(whole));
    expect(end).toHaveLength(latent.length);
    expect(end.every(Number.isFinite)).toBe(true);
    expect(wanted(last(whole))).toBeNull();
    expect(() => next(last(whole), latent)).toThrow();
  });

  it('knows how often the network is asked still', () => {
    whole.forEach((run, i) => expect(askedStill(run)).toBe(whole.length - 1 - i));
  });

  it('restored from any state goes on as if nothing had been', () => {
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), (i) => {
        const restored = structuredClone(whole[i] as Run);
        expect(states(restored)).toEqual(whole.slice(i));
      }),
      { numRuns: 20 },
    );
  });

  it('asks for the noise of each draw once and in order', () => {
    const drawn = whole.map((run) => wanted(run)?.draw ?? null).filter((draw) => draw !== null);
    expect(drawn).toEqual(drawn.map((_, i) => i + 1));
    const fresh = ['euler-a', 'dpmpp-2m-sde', 'dpmpp-3m-sde', 'lcm'].includes(sampler);
    expect(drawn).toHaveLength(fresh ? 7 : 0);
  });

  it('asks at the levels of its plan and tells the timestep of each', () => {
    const { sigmas, timesteps } = plan(sampler);
    for (const { sigma, timestep } of whole.map(wanted).filter((asked) => asked !== null)) {
      expect(timesteps[sigmas.indexOf(sigma)]).toBe(timestep);
    }
  });

  it('finds the picture that a perfect network tells at every step', () => {
    const picture = latent.map((value) => value / 3);
    for (const strength of [0.1, 0.5, 1]) {
      const start = begin(plan(sampler, 6, strength), picture, field.draw(0));
      const end = finished(last(states(start, () => picture)));
      // DDIM stops a little before all noise is gone.
      const slack = sampler === 'ddim' ? 0.1 : 1e-4;
      end.forEach((value, i) => expect(Math.abs(value - (picture[i] ?? NaN))).toBeLessThan(slack));
    }
  });

  it('keeps every place to itself, so that a tile comes out as in the whole picture', () => {
    const cut = (values: Float32Array) => values.slice(5, 11);
    const part = (run: Run): Run => {
      const asked = wanted(run);
      if (asked === null) return run;
      const fresh = asked.draw === null ? undefined : cut(field.draw(asked.draw));
      return part(next(run, denoise(asked.x, asked.sigma), fresh));
    };
    const end = part(begin(plan(sampler), cut(latent), cut(field.draw(0))));
    expect(finished(end)).toEqual(cut(finished(last(whole))));
  });
});

it('refuses a step without the noise that it needs', () => {
  const run = begin(plan('euler-a'), latent, field.draw(0));
  expect(() => next(run, latent)).toThrow('noise');
});

it('holds a latent to the noised picture where it is told that picture', () => {
  // Deterministic samplers draw a straight line from the noise to what they are told at every level.
  const run = states(begin(plan('dpmpp-2m'), latent, field.draw(0)), () => latent);
  for (const { x, plan: of, step } of run) {
    const sigma = of.sigmas[step] as number;
    field.draw(0).forEach((noise, i) => expect(x[i]).toBeCloseTo((latent[i] as number) + sigma * noise, 4));
  }
});
