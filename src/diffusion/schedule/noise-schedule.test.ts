import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastSigma, mostSigma, scaledLinearSchedule, sigmaAt, timestepAt } from './noise-schedule.ts';

const schedule = scaledLinearSchedule();

describe('the schedule of Stable Diffusion', () => {
  it('ends where it is known to end', () => {
    expect(schedule.alphas[0]).toBeCloseTo(0.99915, 8);
    expect(schedule.alphas[999]).toBeCloseTo(0.004660098, 8);
    expect(leastSigma(schedule)).toBeCloseTo(0.02916716, 7);
    expect(mostSigma(schedule)).toBeCloseTo(14.61464123, 4);
  });

  it.each([
    [249, 0.67543241, 0.693205],
    [499, 0.27766965, 1.612886],
    [749, 0.05662349, 4.081729],
  ])('is known at timestep %i', (t, alpha, sigma) => {
    expect(schedule.alphas[t]).toBeCloseTo(alpha, 6);
    expect(sigmaAt(schedule, t)).toBeCloseTo(sigma, 5);
  });

  it('runs straight in the logarithm between two timesteps', () => {
    expect(sigmaAt(schedule, 99.5) ** 2).toBeCloseTo(sigmaAt(schedule, 99) * sigmaAt(schedule, 100), 10);
  });

  it('finds the timestep of every level', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 999, noNaN: true }), (t) => {
        expect(timestepAt(schedule, sigmaAt(schedule, t))).toBeCloseTo(t, 6);
      }),
    );
  });

  it('stays in range', () => {
    expect(timestepAt(schedule, 0.001)).toBe(0);
    expect(timestepAt(schedule, 100)).toBe(999);
    expect(sigmaAt(schedule, -3)).toBe(leastSigma(schedule));
    expect(sigmaAt(schedule, 1200)).toBe(mostSigma(schedule));
  });
});
