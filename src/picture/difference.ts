/** How far two pictures of one size are apart, in figures and as a picture. 8-bit blocks; alpha is not looked at. */

import { maxDifference, meanDifference, psnr } from './metrics.ts';
import type { PixelBlock } from './pixel-store.ts';

export interface MeasuredDifference {
  /** In dB over all colour samples; null for equal pictures. */
  readonly psnr: number | null;
  /** Absolute, in levels (0..255). */
  readonly mean: number;
  readonly largest: number;
}

/** So many times brighter than they are at most: a single level can then just be seen. */
const mostGain = 32;

export function measureDifference(a: PixelBlock, b: PixelBlock): MeasuredDifference {
  const largest = maxDifference(a, b);
  return { psnr: largest === 0 ? null : psnr(a, b), mean: meanDifference(a, b), largest };
}

/** Factor with which the largest difference is as bright as can be, 1 to 32. */
export function gainFor(largest: number): number {
  return Math.max(1, Math.min(mostGain, Math.floor(255 / Math.max(1, largest))));
}

/** Absolute differences of red, green and blue times `gain`, opaque on black. */
export function differencePicture(
  a: PixelBlock,
  b: PixelBlock,
  gain: number,
): Uint8ClampedArray<ArrayBuffer> {
  return Uint8ClampedArray.from(a.data, (value, i) =>
    i % 4 === 3 ? 255 : Math.abs(value - (b.data[i] as number)) * gain,
  );
}
