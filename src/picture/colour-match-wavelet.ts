/**
 * Gives a redrawn picture the low frequencies of its source and leaves it its own details: the wavelet colour fix of StableSR (Wang et
 * al., arXiv 2305.07015). Planes are one after another, in whatever curve they are stored; nothing is clamped.
 */

import { invariant } from '../base/assert.ts';
import { area, type Rect, type Size } from './geometry.ts';

/** What is left of the fifth level is blurred over about 30 pixels. */
export const waveletLevels = 5;

/**
 * How many pixels around a rectangle its match depends on. Parts that are matched with that much around them, or up to the
 * edges of the picture, and then cut, are the same as if the whole picture had been matched.
 */
export function waveletMargin(levels: number = waveletLevels): number {
  return 2 ** levels - 1;
}

/** `rect` with the margin around it, as far as the picture reaches. */
export function withMargin(rect: Rect, picture: Size, margin: number = waveletMargin()): Rect {
  const x = Math.max(0, rect.x - margin);
  const y = Math.max(0, rect.y - margin);
  return {
    x,
    y,
    width: Math.min(picture.width, rect.x + rect.width + margin) - x,
    height: Math.min(picture.height, rect.y + rect.height + margin) - y,
  };
}

/**
 * Changes `planes` (each `size`) in place, by the difference to those of `source` after `levels` passes of a blur whose taps (1, 2, 1) / 4
 * lie 1, 2, 4, ... pixels apart; beyond the edge its pixels are repeated. Blurring the difference once is the same as taking the
 * low frequencies out of one and putting those of the other in, the passes being linear.
 */
export function matchWavelet(
  planes: Float32Array,
  source: Float32Array,
  size: Size,
  levels: number = waveletLevels,
): void {
  const count = area(size);
  invariant(
    planes.length === source.length && planes.length % count === 0,
    `${planes.length} and ${source.length} values for planes of ${count}`,
  );
  const difference = new Float32Array(count);
  const blurred = new Float32Array(count);
  for (let from = 0; from < planes.length; from += count) {
    for (let i = 0; i < count; i++) {
      difference[i] = (source[from + i] as number) - (planes[from + i] as number);
    }
    for (let level = 0; level < levels; level++) {
      blurAcross(difference, blurred, size, 2 ** level);
      blurDown(blurred, difference, size, 2 ** level);
    }
    for (let i = 0; i < count; i++) {
      planes[from + i] = (planes[from + i] as number) + (difference[i] as number);
    }
  }
}

function blurAcross(values: Float32Array, out: Float32Array, { width, height }: Size, step: number): void {
  for (let y = 0; y < height; y++) {
    const first = y * width;
    const last = first + width - 1;
    for (let i = first; i <= last; i++) {
      const left = values[Math.max(first, i - step)] as number;
      const right = values[Math.min(last, i + step)] as number;
      out[i] = (left + right) / 4 + (values[i] as number) / 2;
    }
  }
}

function blurDown(values: Float32Array, out: Float32Array, { width, height }: Size, step: number): void {
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - step) * width;
    const below = Math.min(height - 1, y + step) * width;
    const here = y * width;
    for (let x = 0; x < width; x++) {
      const outer = (values[above + x] as number) + (values[below + x] as number);
      out[here + x] = outer / 4 + (values[here + x] as number) / 2;
    }
  }
}
