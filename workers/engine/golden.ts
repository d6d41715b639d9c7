/**
 * The golden tile: one small picture whose result on a GPU is compared with WASM's before the GPU is
 * trusted. Drivers do return black, NaN or subtly wrong pixels, and say nothing.
 */

import type { Precision } from '../../src/protocol/backend.ts';

export const goldenSide = 32;

/** Edges, gradients and texture in RGB planes, 0..1: a picture in which a wrong kernel shows. */
export function goldenTile(): Float32Array<ArrayBuffer> {
  const planes = new Float32Array(3 * goldenSide * goldenSide);
  let index = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < goldenSide; y++) {
      for (let x = 0; x < goldenSide; x++) {
        const wave = Math.sin(x * 0.7 + channel) * Math.cos(y * 0.45 - channel) * 0.25;
        const edge = x + y * 0.5 > 20 + channel * 3 ? 0.3 : 0;
        planes[index++] = Math.min(1, Math.max(0, 0.4 + wave + edge));
      }
    }
  }
  return planes;
}

export type Verdict =
  { readonly trusted: true } | { readonly trusted: false; readonly difference: number; readonly why: string };

/**
 * Deviation from WASM that is still the same picture, in fractions of full scale: the mean, and how far all
 * but one in a hundred values may be off. Half precision has 11 bits, and deep networks amplify its rounding
 * at hard edges (38/255 at single values was measured with `anime`, with a mean of 1); a wrong kernel is off
 * everywhere.
 */
const tolerance: Record<Precision, { readonly most: number; readonly mean: number }> = {
  fp32: { most: 1 / 255, mean: 0.1 / 255 },
  fp16: { most: 16 / 255, mean: 2 / 255 },
};
const outliers = 0.01;

/** Holds a GPU's result against WASM's: same length, finite, not black, within the tolerance. */
export function judge(result: Float32Array, expected: Float32Array, precision: Precision): Verdict {
  if (result.length !== expected.length) {
    return { trusted: false, difference: Number.NaN, why: 'its result has another size' };
  }
  const limit = tolerance[precision];
  let most = 0;
  let beyond = 0;
  let sum = 0;
  let peak = 0;
  for (let i = 0; i < result.length; i++) {
    const value = result[i] as number;
    if (!Number.isFinite(value)) {
      return { trusted: false, difference: Number.NaN, why: 'its result is not finite' };
    }
    const difference = Math.abs(value - (expected[i] as number));
    if (difference > most) most = difference;
    if (difference > limit.most) beyond++;
    if (value > peak) peak = value;
    sum += difference;
  }
  if (peak < 0.05) return { trusted: false, difference: most, why: 'its result is black' };
  if (beyond > outliers * result.length || sum / result.length > limit.mean) {
    return { trusted: false, difference: most, why: 'its result differs from the CPU result' };
  }
  return { trusted: true };
}
