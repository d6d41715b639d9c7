import { expect, it } from 'vitest';
import { MersenneTwister } from './mersenne-twister.ts';
import { TorchCpuGenerator } from './torch-cpu.ts';

it('gives the ten thousandth word that the C++ standard asks of mt19937', () => {
  const twister = new MersenneTwister(5489);
  for (let i = 1; i < 10000; i++) twister.next();
  expect(twister.next()).toBe(4123659995);
});

it.each([
  [0, [-1.1258, -1.1524, -0.2506, -0.4339, 0.8487, 0.692, -0.316, -2.1152]],
  [42, [1.9269, 1.4873, 0.9007, -2.1055]],
])('starts with the known values of seed %i', (seed, expected) => {
  const values = new TorchCpuGenerator(seed).normals(4096);
  expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 3));
});

it('draws the last block of an odd length anew', () => {
  const [even, odd] = [16, 20].map((length) => new TorchCpuGenerator(1).normals(length));
  expect(odd?.subarray(0, 4)).toEqual(even?.subarray(0, 4));
  expect(odd?.[4]).not.toBe(even?.[4]);
});
