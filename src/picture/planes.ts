/** Between interleaved samples and the float planes (channel, row, column; 0..1) that networks work on. */

import { invariant } from '../base/assert.ts';
import { area, type Size } from './geometry.ts';
import type { Depth, PixelBlock } from './pixel-store.ts';

/** Three planes, red, green, blue, one after another: `3 * width * height` values in 0..1. */
export function rgbPlanes(block: PixelBlock): Float32Array<ArrayBuffer> {
  const count = area(block);
  const planes = new Float32Array(count * 3);
  const data = block.data;
  if (data instanceof Uint16Array) spread16(data, planes, count);
  else spread8(data, planes, count);
  return planes;
}

/** The alpha plane: `width * height` values in 0..1. */
export function alphaPlane(block: PixelBlock): Float32Array<ArrayBuffer> {
  const count = area(block);
  const plane = new Float32Array(count);
  const { data } = block;
  const unit = 1 / mostOf(block);
  for (let i = 0, from = 3; i < count; i++, from += 4) plane[i] = (data[from] as number) * unit;
  return plane;
}

/**
 * Samples from planes: clamped to 0..1 and rounded to the nearest level; NaN becomes 0.
 * `rgb` has `3 * width * height` values; `alpha` has `width * height`, null for an opaque block.
 */
export function blockFromPlanes(
  rgb: Float32Array,
  alpha: Float32Array | null,
  size: Size,
  depth: Depth,
): PixelBlock {
  const count = area(size);
  invariant(rgb.length === count * 3, `${rgb.length} values for 3 planes of ${count}`);
  invariant(!alpha || alpha.length === count, `${alpha?.length ?? 0} values for a plane of ${count}`);
  const { width, height } = size;
  if (depth === 8) return { width, height, data: gather8(rgb, alpha, count) };
  return { width, height, data: gather16(rgb, alpha, count) };
}

/** The sample value of 1.0. */
export function mostOf({ data }: Pick<PixelBlock, 'data'>): number {
  return data instanceof Uint16Array ? 65535 : 255;
}

// One function a sample type: the engine's compiler keeps each loop to one kind of array.

function spread8(data: Uint8ClampedArray, planes: Float32Array, count: number): void {
  const unit = 1 / 255;
  for (let r = 0, g = count, b = 2 * count, from = 0; r < count; r++, g++, b++, from += 4) {
    planes[r] = (data[from] as number) * unit;
    planes[g] = (data[from + 1] as number) * unit;
    planes[b] = (data[from + 2] as number) * unit;
  }
}

function spread16(data: Uint16Array, planes: Float32Array, count: number): void {
  const unit = 1 / 65535;
  for (let r = 0, g = count, b = 2 * count, from = 0; r < count; r++, g++, b++, from += 4) {
    planes[r] = (data[from] as number) * unit;
    planes[g] = (data[from + 1] as number) * unit;
    planes[b] = (data[from + 2] as number) * unit;
  }
}

/** Storing into a Uint8ClampedArray clamps, rounds to nearest and turns NaN into 0 (ECMAScript ToUint8Clamp). */
function gather8(
  rgb: Float32Array,
  alpha: Float32Array | null,
  count: number,
): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(count * 4);
  for (let r = 0, g = count, b = 2 * count, to = 0; r < count; r++, g++, b++, to += 4) {
    data[to] = (rgb[r] as number) * 255;
    data[to + 1] = (rgb[g] as number) * 255;
    data[to + 2] = (rgb[b] as number) * 255;
    data[to + 3] = 255;
  }
  if (alpha) for (let i = 0, to = 3; i < count; i++, to += 4) data[to] = (alpha[i] as number) * 255;
  return data;
}

function gather16(rgb: Float32Array, alpha: Float32Array | null, count: number): Uint16Array<ArrayBuffer> {
  const data = new Uint16Array(count * 4);
  for (let r = 0, g = count, b = 2 * count, to = 0; r < count; r++, g++, b++, to += 4) {
    data[to] = level16(rgb[r] as number);
    data[to + 1] = level16(rgb[g] as number);
    data[to + 2] = level16(rgb[b] as number);
    data[to + 3] = alpha ? level16(alpha[r] as number) : 65535;
  }
  return data;
}

/** Conversion to an integer type cuts off, hence the half; the comparison is false for NaN. */
function level16(value: number): number {
  return value > 0 ? (value < 1 ? value * 65535 + 0.5 : 65535) : 0;
}
