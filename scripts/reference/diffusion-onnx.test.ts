/** Ready-made ONNX folders in three dialects (`diffusion-onnx.py`) against the same weights as .safetensors. */

import { describe, expect, it } from 'vitest';
import { at } from '../../src/base/assert.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import type { Size } from '../../src/picture/geometry.ts';
import type { RefineStep } from '../../src/recipes/refine.ts';
import { fixedSide, onnxFolder, scheduler, tensorFolder, vaeFile } from './onnx-folders.ts';
import { openRefining, refined, storeOf } from './refining.ts';

const step: Omit<RefineStep, 'kind'> = {
  prompt: 'a photo of a cat',
  negative: 'blurry',
  guidance: 4,
  strength: 0.5,
  // Whole timesteps, which is all that some graphs take.
  sampler: 'ddim',
  steps: 6,
  seed: 3,
};

async function drawn(files: readonly NamedBlob[], size: Size): Promise<Uint8ClampedArray> {
  const store = await storeOf(
    size,
    (x, y, channel) => (Math.sin(x / 9 + channel) + Math.cos(y / 13) + 2) / 4,
  );
  const opened = await openRefining(step, files, size);
  const { data } = await refined(opened, store);
  await opened.networks.release();
  if (!(data instanceof Uint8ClampedArray)) throw new Error('A picture of 8 bits was wanted.');
  return data;
}

/** The mean difference, of 0..1, and the largest. */
function difference(one: Uint8ClampedArray, other: Uint8ClampedArray): { mean: number; most: number } {
  expect(one.length).toBe(other.length);
  let [sum, most] = [0, 0];
  one.forEach((value, i) => {
    const off = Math.abs(value - at(other, i)) / 255;
    sum += off;
    most = Math.max(most, off);
  });
  return { mean: sum / one.length, most };
}

describe('the same picture as from .safetensors', () => {
  const small = { width: 96, height: 64 };
  const whole = drawn(tensorFolder(), small);

  it.each(['a', 'b'] as const)('by dialect %s', async (dialect) => {
    const files = [...onnxFolder(dialect), scheduler];
    const { mean, most } = difference(await drawn(files, small), await whole);
    expect(mean).toBeLessThan(1e-3);
    expect(most).toBeLessThan(2 / 255);
  });

  it('by dialect c, in half precision, with the VAE of a file and tiles of the one size', async () => {
    const size = { width: 8 * fixedSide, height: 8 * fixedSide };
    const files = [...onnxFolder('c'), vaeFile(), scheduler];
    const { mean, most } = difference(await drawn(files, size), await drawn(tensorFolder(), size));
    expect(mean).toBeLessThan(1e-3);
    expect(most).toBeLessThan(4 / 255);
  });
});
