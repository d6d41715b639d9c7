/** Noise and velocity at the last timestep of Stable Diffusion's schedule, as imperfect networks would give them. */

import { expect, it } from 'vitest';
import { predictionOf } from './checkpoint-probe.ts';

const left = 0.004660098;

function normal(seed: number): Float32Array {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Float32Array.from({ length: 4 * 16 * 16 }, () => {
    return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  });
}

it.each([1, 2, 3, 4])('tells noise from velocity (%i)', (seed) => {
  const [sample, picture, error] = [normal(seed), normal(seed + 10), normal(seed + 20)];
  const noise = sample.map((value, at) => {
    return (value - Math.sqrt(left) * (picture[at] ?? 0)) / Math.sqrt(1 - left) + 0.3 * (error[at] ?? 0);
  });
  const velocity = noise.map((value, at) => {
    return Math.sqrt(left) * value - Math.sqrt(1 - left) * (picture[at] ?? 0) + 0.3 * (error[at] ?? 0);
  });
  expect(predictionOf(sample, noise)).toBe('epsilon');
  expect(predictionOf(sample, velocity)).toBe('v');
});

it('tells nothing of no numbers', () => {
  const sample = normal(1);
  expect(predictionOf(sample, new Float32Array(sample.length))).toBeNull();
  expect(
    predictionOf(
      sample,
      sample.map(() => NaN),
    ),
  ).toBeNull();
  expect(predictionOf(sample, new Float32Array())).toBeNull();
});
