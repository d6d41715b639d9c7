import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latentToRgb, planesToRgb } from './preview.ts';

describe('the preview of a latent', () => {
  it('is grey where the latent is nothing', () => {
    expect([...latentToRgb(new Float32Array(8), 1, 2)]).toEqual([128, 128, 128, 255, 128, 128, 128, 255]);
  });

  it('takes each channel from its plane', () => {
    // Two pixels: the first has 1 in channel 0, the second 1 in channel 3.
    const rgba = latentToRgb(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 1), 2, 1);
    const bits = (value: number): number => Math.round(127.5 * (value + 1));
    expect([...rgba.slice(0, 4)]).toEqual([bits(0.298), bits(0.207), bits(0.208), 255]);
    expect([...rgba.slice(4)]).toEqual([bits(-0.184), bits(-0.271), bits(-0.473), 255]);
  });

  it('is opaque and clamped for any latent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.float({ noNaN: true, min: -1000, max: 1000 }),
        (height, width, value) => {
          const rgba = latentToRgb(new Float32Array(4 * height * width).fill(value), height, width);
          expect(rgba.length).toBe(4 * height * width);
          expect(rgba.every((one, at) => (at % 4 === 3 ? one === 255 : one === rgba[at % 4]))).toBe(true);
        },
      ),
    );
  });
});

describe('decoded planes', () => {
  it('are colours from black at -1 to white at 1, and no further', () => {
    // Two pixels: red and green of the first, blue of the second.
    const rgba = planesToRgb(Float32Array.of(1, -1, 0, -2, -1, 7));
    expect([...rgba]).toEqual([255, 128, 0, 255, 0, 0, 255, 255]);
  });
});
