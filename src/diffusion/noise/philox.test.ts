import { expect, it } from 'vitest';
import { philox4x32, philoxNormals } from './philox.ts';

// The vectors that Random123 publishes for philox4x32 with ten rounds (kat_vectors).
it.each([
  ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
  ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
])('turns counter %s under key %s into %s', (counter, key, expected) => {
  const words = (text: string) => Uint32Array.from(text.split(' '), (word) => parseInt(word, 16));
  const block = words(counter);
  const [low = 0, high = 0] = words(key);
  philox4x32(block, low, high);
  expect(block).toEqual(words(expected));
});

it.each([
  [0, [-0.92466, -0.42534, -2.64385, 0.14518, -0.12087, -0.57973, -0.62285, -0.32839]],
  [42, [0.194019, 2.161374, -0.172051, 0.84906]],
])('starts with the known values of seed %i', (seed, expected) => {
  const values = philoxNormals(seed, 0, 0, expected.length);
  expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 5));
});

it('keeps the upper half of a seed', () => {
  expect(philoxNormals(2 ** 32, 0, 0, 4)).not.toEqual(philoxNormals(0, 0, 0, 4));
});

it.each([-1, 0.5, 2 ** 53])('refuses the seed %d', (seed) => {
  expect(() => philoxNormals(seed, 0, 0, 1)).toThrow();
});
