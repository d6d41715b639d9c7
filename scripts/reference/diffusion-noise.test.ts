/** Noise against numpy's and torch's own, over all seeds of the fixture. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MersenneTwister } from '../../src/diffusion/noise/mersenne-twister.ts';
import { philox4x32, philoxNormals } from '../../src/diffusion/noise/philox.ts';
import { TorchCpuGenerator } from '../../src/diffusion/noise/torch-cpu.ts';

interface Expected {
  readonly seed: number;
  readonly philox: readonly number[][];
  readonly philoxNormals: readonly number[][];
  readonly mt: readonly number[];
  readonly torch: readonly number[][];
}

const file = new URL('diffusion/samplers/noise.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(file, 'utf8')) as readonly Expected[];

function expectNear(values: Float32Array, expected: readonly number[] | undefined) {
  expect(values.length).toBe(expected?.length);
  values.forEach((value, i) => expect(Math.abs(value - (expected?.[i] ?? NaN))).toBeLessThanOrEqual(1e-6));
}

it('has sixteen seeds and more', () => {
  expect(fixtures.length).toBeGreaterThanOrEqual(16);
});

describe.each(fixtures)('seed $seed', (expected) => {
  const { seed } = expected;

  it('gives the integers of Philox', () => {
    const blocks = [
      [0, 0, 0, 0],
      [3, 0, 70000, 0],
      [9, 0, 2 ** 32 - 1, 0],
    ].map((counter) => {
      const block = Uint32Array.from(counter);
      philox4x32(block, seed >>> 0, Math.floor(seed / 2 ** 32));
      return [...block];
    });
    expect(blocks).toEqual(expected.philox);
  });

  it('gives its normal values, addressed by draw and place', () => {
    expectNear(philoxNormals(seed, 0, 0, 12), expected.philoxNormals[0]);
    expectNear(philoxNormals(seed, 1, 0, 12), expected.philoxNormals[1]);
    expectNear(philoxNormals(seed, 5, 100000, 12), expected.philoxNormals[2]);
  });

  it('gives the integers of MT19937', () => {
    const twister = new MersenneTwister(seed);
    const words = Array.from({ length: 1300 }, () => twister.next());
    expect([...words.slice(0, 6), ...words.slice(-4)]).toEqual(expected.mt);
  });

  it("gives the normal values of torch's CPU generator, short draws between long ones", () => {
    const generator = new TorchCpuGenerator(seed);
    for (const draw of expected.torch) expectNear(generator.normals(draw.length), draw);
  });
});
