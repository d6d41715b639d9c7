/** How far two pictures of one size are apart. 8-bit blocks; colour only, alpha is not looked at. */

import { invariant } from '../base/assert.ts';
import { area, type Size } from './geometry.ts';
import type { PixelBlock } from './pixel-store.ts';

/** Mean absolute difference of red, green and blue, in levels (0..255). */
export function meanDifference(a: PixelBlock, b: PixelBlock): number {
  let sum = 0;
  eachDifference(a, b, (difference) => {
    sum += difference;
  });
  return sum / (area(a) * 3);
}

/** Largest absolute difference of any red, green or blue sample, in levels (0..255). */
export function maxDifference(a: PixelBlock, b: PixelBlock): number {
  let most = 0;
  eachDifference(a, b, (difference) => {
    if (difference > most) most = difference;
  });
  return most;
}

/** Peak signal-to-noise ratio in dB: 10 log10(255² / mean squared difference) over all colour samples; Infinity for equal blocks. */
export function psnr(a: PixelBlock, b: PixelBlock): number {
  let sum = 0;
  eachDifference(a, b, (difference) => {
    sum += difference * difference;
  });
  return 10 * Math.log10((255 * 255) / (sum / (area(a) * 3)));
}

const windowRadius = 5;

/**
 * Structural similarity of the two blocks' luma (BT.601), -1..1, 1 for equal blocks: Wang, Bovik, Sheikh
 * and Simoncelli, "Image quality assessment: from error visibility to structural similarity" (2004), with
 * its Gaussian window of 11x11 (sigma 1.5), K1 = 0.01, K2 = 0.03, averaged over the places where the
 * window fits; sides shorter than the window are continued by their mirror image.
 */
export function ssim(a: PixelBlock, b: PixelBlock): number {
  check(a, b);
  const one = luma(a);
  const other = luma(b);
  const times = (x: Float64Array, y: Float64Array): Float64Array =>
    x.map((value, i) => value * (y[i] as number));
  const meanA = blurred(one, a);
  const meanB = blurred(other, a);
  const squareA = blurred(times(one, one), a);
  const squareB = blurred(times(other, other), a);
  const product = blurred(times(one, other), a);
  const c1 = (0.01 * 255) ** 2;
  const c2 = (0.03 * 255) ** 2;

  const marginX = a.width > 2 * windowRadius ? windowRadius : 0;
  const marginY = a.height > 2 * windowRadius ? windowRadius : 0;
  let sum = 0;
  let count = 0;
  for (let y = marginY; y < a.height - marginY; y++) {
    for (let x = marginX; x < a.width - marginX; x++) {
      const i = y * a.width + x;
      const ma = meanA[i] as number;
      const mb = meanB[i] as number;
      const varianceA = (squareA[i] as number) - ma * ma;
      const varianceB = (squareB[i] as number) - mb * mb;
      const covariance = (product[i] as number) - ma * mb;
      sum +=
        ((2 * ma * mb + c1) * (2 * covariance + c2)) /
        ((ma * ma + mb * mb + c1) * (varianceA + varianceB + c2));
      count++;
    }
  }
  return sum / count;
}

function eachDifference(a: PixelBlock, b: PixelBlock, visit: (difference: number) => void): void {
  check(a, b);
  for (let i = 0; i < a.data.length; i += 4) {
    visit(Math.abs((a.data[i] as number) - (b.data[i] as number)));
    visit(Math.abs((a.data[i + 1] as number) - (b.data[i + 1] as number)));
    visit(Math.abs((a.data[i + 2] as number) - (b.data[i + 2] as number)));
  }
}

function check(a: PixelBlock, b: PixelBlock): void {
  invariant(a.width === b.width && a.height === b.height, 'Pictures of different sizes');
  invariant(a.data.BYTES_PER_ELEMENT === 1 && b.data.BYTES_PER_ELEMENT === 1, 'Only 8-bit blocks');
}

function luma({ data, width, height }: PixelBlock): Float64Array {
  const plane = new Float64Array(width * height);
  for (let i = 0, from = 0; i < plane.length; i++, from += 4) {
    plane[i] =
      0.299 * (data[from] as number) +
      0.587 * (data[from + 1] as number) +
      0.114 * (data[from + 2] as number);
  }
  return plane;
}

function blurred(plane: Float64Array, size: Size): Float64Array {
  const weights = Array.from({ length: 2 * windowRadius + 1 }, (_, i) =>
    Math.exp(-((i - windowRadius) ** 2) / (2 * 1.5 ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kernel = Float64Array.from(weights, (weight) => weight / total);
  return along(along(plane, kernel, size, true), kernel, size, false);
}

function along(
  plane: Float64Array,
  kernel: Float64Array,
  { width, height }: Size,
  rows: boolean,
): Float64Array {
  const result = new Float64Array(plane.length);
  const length = rows ? width : height;
  const step = rows ? 1 : width;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const place = rows ? x : y;
      const start = i - place * step;
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) {
        const at = mirrored(place + k - windowRadius, length);
        sum += (kernel[k] as number) * (plane[start + at * step] as number);
      }
      result[i] = sum;
    }
  }
  return result;
}

/** ... 1 0 | 0 1 2 ... n - 1 | n - 1 n - 2 ... */
function mirrored(index: number, length: number): number {
  const period = 2 * length;
  const inPeriod = ((index % period) + period) % period;
  return inPeriod < length ? inPeriod : period - 1 - inPeriod;
}
