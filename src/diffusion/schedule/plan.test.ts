import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplerTraits, type SamplerName, type SpacingName } from '../samplers/names.ts';
import { scaledLinearSchedule, sigmaAt } from './noise-schedule.ts';
import { planSteps, sigmaOfStrength, type RunOptions, type StepPlan, type StrengthRule } from './plan.ts';

const schedule = scaledLinearSchedule();
const names = Object.keys(samplerTraits) as SamplerName[];

function plan(options: Partial<RunOptions>): StepPlan {
  const planned = planSteps(schedule, { sampler: 'euler', steps: 20, strength: 0.35, ...options });
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.value;
}

describe('strength', () => {
  it.each([
    [0.2, 0.1842],
    [0.35, 0.5647],
    [0.5, 1.4832],
    [0.75, 5.7894],
    [0, 0.0292],
    [0.95, 14.6146],
    [1, 14.6146],
  ])('of %d is the level %d', (strength, sigma) => {
    expect(sigmaOfStrength(schedule, strength)).toBeCloseTo(sigma, 4);
  });

  it('rises with the number', () => {
    const strengths = Array.from({ length: 96 }, (_, i) => sigmaOfStrength(schedule, i / 100));
    strengths.forEach((sigma, i) => i > 0 && expect(sigma).toBeGreaterThan(strengths[i - 1] as number));
  });

  it('means the same level for all samplers, spacings and steps', () => {
    for (const sampler of names) {
      for (const spacing of Object.keys(samplerTraits[sampler].grids) as SpacingName[]) {
        for (const steps of [4, 20, 37]) {
          const { start } = plan({ sampler, spacing, steps, strength: 0.5 });
          // Whole timesteps are 20 apart for LCM.
          expect(start.noise / 1.4832).toBeGreaterThan(sampler === 'lcm' ? 0.95 : 0.995);
          expect(start.noise / 1.4832).toBeLessThan(sampler === 'lcm' ? 1.05 : 1.005);
        }
      }
    }
  });

  it('by default is that of AUTOMATIC1111 where 20 Karras steps are taken', () => {
    for (const strength of [0.05, 0.2, 0.35, 0.5, 0.75, 1]) {
      const ours = plan({ sampler: 'dpmpp-2m', strength }).sigmas;
      const theirs = plan({ sampler: 'dpmpp-2m', strength, rule: 'sampler' }).sigmas;
      expect(ours).toHaveLength(theirs.length);
      ours.forEach((sigma, i) => expect(sigma).toBeCloseTo(theirs[i] as number, 9));
    }
  });
});

describe('evaluations', () => {
  it.each<[number, number]>([
    [0.2, 5],
    [0.35, 8],
    [0.5, 11],
    [0.75, 16],
    [1, 20],
    [0, 1],
  ])('at strength %d are %i of twenty steps', (strength, count) => {
    expect(plan({ strength, spacing: 'karras' }).timesteps).toHaveLength(count);
    expect(plan({ strength, rule: 'sampler' }).timesteps).toHaveLength(count);
  });

  it('are one fewer by the rule of diffusers', () => {
    expect(plan({ strength: 0.35, rule: 'diffusers' }).timesteps).toHaveLength(7);
    expect(plan({ strength: 1, rule: 'diffusers' }).timesteps).toHaveLength(20);
  });

  it.each<StrengthRule>(['level', 'sampler', 'diffusers'])('are all of the steps on demand: %s', (rule) => {
    for (const sampler of ['euler', 'dpmpp-2m', 'dpmpp-3m-sde', 'heun'] as const) {
      for (const strength of [0.1, 0.35, 0.8, 1]) {
        const { timesteps } = plan({ sampler, strength, rule, exactly: true, steps: 12 });
        expect(timesteps).toHaveLength(12);
      }
    }
  });
});

describe('as in AUTOMATIC1111', () => {
  it.each([
    [0.2, 0.5964],
    [0.35, 1.0481],
    [0.5, 1.7648],
    [0.75, 4.8557],
  ])('Euler a at strength %d begins at its own level', (strength, sigma) => {
    expect(plan({ sampler: 'euler-a', strength, rule: 'sampler' }).sigmas[0]).toBeCloseTo(sigma, 4);
  });

  it('all steps are taken from a longer run', () => {
    // 57 = int(20 / 0.35) steps, of which the last 20 are taken.
    const { sigmas } = plan({ rule: 'sampler', exactly: true });
    expect(sigmas[0]).toBeCloseTo(sigmaAt(schedule, (999 * 19) / 56), 9);
  });

  it('DDIM adds the noise of the timestep above its first one, and ends at timestep 1', () => {
    const { timesteps, start, sigmas } = plan({ sampler: 'ddim', rule: 'sampler' });
    expect(timesteps).toEqual([301, 251, 201, 151, 101, 51]);
    const alpha = (t: number) => schedule.alphas[t] as number;
    const scale = 1 / Math.sqrt(alpha(301));
    expect(start.latent / scale).toBeCloseTo(Math.sqrt(alpha(351)), 9);
    expect(start.noise / scale).toBeCloseTo(Math.sqrt(1 - alpha(351)), 9);
    expect(sigmas.at(-1)).toBe(schedule.sigmas[1]);
  });

  it.each([
    // Strength, timesteps, the one whose noise is added, where it ends.
    [0, [1], 1, 0],
    [0.05, [51], 51, 1],
    [0.1, [51], 101, 1],
    [0.15, [101, 51], 151, 1],
    [1, Array.from({ length: 18 }, (_, i) => 901 - 50 * i).filter((t) => t > 1), 951, 1],
  ])('DDIM at strength %d evaluates at %j', (strength, expected, noisy, end) => {
    const { timesteps, start, sigmas } = plan({ sampler: 'ddim', rule: 'sampler', strength });
    expect(timesteps).toEqual(expected);
    expect(start.noise / start.latent).toBeCloseTo(schedule.sigmas[noisy] as number, 9);
    expect(sigmas.at(-1)).toBe(schedule.sigmas[end]);
  });

  it('DDIM asked for exactly its steps makes the two fewer that AUTOMATIC1111 makes', () => {
    expect(plan({ sampler: 'ddim', rule: 'sampler', exactly: true }).timesteps).toHaveLength(18);
  });

  it('DPM++ 3M SDE leaves the last level above 0 out', () => {
    const usual = plan({ sampler: 'dpmpp-2m-sde', steps: 21, strength: 1, rule: 'sampler' }).sigmas;
    const { sigmas } = plan({ sampler: 'dpmpp-3m-sde', strength: 1, rule: 'sampler' });
    expect(sigmas).toEqual([...usual.slice(0, 20), 0]);
  });
});

describe('as in diffusers', () => {
  it.each([
    [2, 0.5, [499]],
    [4, 0.25, [249]],
    [4, 1, [999, 749, 499, 249]],
  ])('Turbo takes %i steps at strength %d from there', (steps, strength, expected) => {
    expect(plan({ sampler: 'turbo', steps, strength, rule: 'diffusers' }).timesteps).toEqual(expected);
  });

  it('LCM takes all its steps', () => {
    const { timesteps } = plan({ sampler: 'lcm', steps: 4, strength: 0.3, rule: 'diffusers' });
    expect(timesteps).toEqual([299, 239, 159, 79]);
  });

  it('too few steps are refused', () => {
    const planned = planSteps(schedule, { sampler: 'turbo', steps: 2, strength: 0.3, rule: 'diffusers' });
    expect(planned).toMatchObject({ ok: false, error: { code: 'recipe-invalid' } });
  });
});

it('refuses a spacing that the sampler does not have, and says which it has', () => {
  const planned = planSteps(schedule, { sampler: 'ddim', spacing: 'karras', steps: 20, strength: 0.5 });
  expect(planned.ok ? '' : planned.error.message).toBe(
    'The sampler ddim has no karras spacing. Choose normal or trailing spacing, or another sampler.',
  );
});

it('always falls, and every level has its timestep', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.constantFrom<StrengthRule>('level', 'sampler', 'diffusers'),
      fc.integer({ min: 1, max: 150 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (sampler, rule, steps, strength, exactly) => {
        const planned = planSteps(schedule, { sampler, rule, steps, strength, exactly });
        if (!planned.ok) {
          expect(rule).toBe('diffusers');
          return;
        }
        const { sigmas, timesteps } = planned.value;
        expect(timesteps.length).toBe(sigmas.length - 1);
        expect(timesteps.length).toBeGreaterThan(0);
        expect(timesteps.length).toBeLessThanOrEqual(steps);
        for (const [i, sigma] of sigmas.entries()) {
          expect(Number.isFinite(sigma)).toBe(true);
          if (i > 0) expect(sigma).toBeLessThan(sigmas[i - 1] as number);
        }
      },
    ),
  );
});
