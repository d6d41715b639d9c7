/** Networks on WebGPU whose operators the shipped ones do not have; `npm run bench -- families` runs all. */

import { expect, it } from 'vitest';
import { differenceOnGpu, openDesks } from './testing/family-on-gpu.ts';

const desks = await openDesks();

it.each([
  ['esrgan-unshuffle-1x', 'SpaceToDepth'],
  ['plksr-real-dysample-3x', 'GridSample, InstanceNormalization'],
  ['omnisr-1x-placeless', 'MultiHeadAttention with heads of a multiple of four, LayerNormalization, MaxPool'],
  ['hat-wide-3x', 'MultiHeadAttention with biases and more keys than queries'],
  ['atd-light-2x', 'ArgMax, and TopK and ScatterElements beside it on the CPU'],
])('runs %s as on WASM: %s', async (fixture) => {
  expect(await differenceOnGpu(desks, fixture)).toBeLessThanOrEqual(1e-3);
});
