import { describe, expect, it } from 'vitest';
import {
  consistencyWeights,
  denoisedFrom,
  guidanceEmbedding,
  guided,
  modelInput,
  needsNegative,
} from './guidance.ts';

const floats = (...values: number[]) => Float32Array.from(values);

describe('guidance', () => {
  it('goes past the prompt, away from the negative prompt', () => {
    expect(guided(floats(1, 2), floats(2, 2), 7)).toEqual(floats(8, 2));
  });

  it('at 1 is the prompt alone, and needs no second answer', () => {
    expect(guided(floats(5), floats(2), 1)).toEqual(floats(2));
    expect([0.5, 1, 1.5].map(needsNegative)).toEqual([true, false, true]);
  });

  it('is embedded as latent consistency models know it', () => {
    const values = guidanceEmbedding(7.5);
    expect(values).toHaveLength(256);
    [-0.044785, 0.762962, -0.871102, 0.994762].forEach((sine, i) => expect(values[i]).toBeCloseTo(sine, 5));
    expect(values[128]).toBeCloseTo(Math.cos(6500), 6);
  });
});

it('tells the picture from an answer of noise or velocity', () => {
  const [picture, noise, sigma] = [0.7, -1.3, 2.5];
  const x = floats(picture + sigma * noise);
  const size = Math.hypot(1, sigma);
  const velocity = (noise - sigma * picture) / size;
  expect(denoisedFrom('epsilon', x, floats(noise), sigma)[0]).toBeCloseTo(picture, 5);
  expect(denoisedFrom('v', x, floats(velocity), sigma)[0]).toBeCloseTo(picture, 5);
  expect(modelInput(x, sigma)[0]).toBeCloseTo((x[0] ?? NaN) / size, 6);
});

it('gives what a consistency model is shown next to no weight but at the start', () => {
  expect(consistencyWeights(0)).toEqual({ input: 1, denoised: 0 });
  expect(consistencyWeights(999).input).toBeCloseTo(0.25 / (9990 ** 2 + 0.25), 12);
  expect(consistencyWeights(999).denoised).toBeCloseTo(1, 8);
});
