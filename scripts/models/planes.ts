/** Pictures as RGB planes in 0..1, for the scripts and tests that run networks in Node. */

import type { Rect } from '../../src/picture/geometry.ts';
import type { Planes } from './run.ts';

interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
  readonly channels: number;
}

/** An 8-bit RGB or RGBA picture; alpha is left out. */
export function planesOf({ width, height, data, channels }: Decoded): Planes {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      planes[channel * area + pixel] = (data[pixel * channels + channel] ?? 0) / 255;
    }
  }
  return { width, height, data: planes };
}

/** RGB bytes, pixel by pixel: clamped and rounded. */
export function bytesOf({ width, height, data }: Planes): Uint8Array<ArrayBuffer> {
  const area = width * height;
  const bytes = new Uint8Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = data[channel * area + pixel] ?? 0;
      bytes[pixel * 3 + channel] = Math.round(Math.min(1, Math.max(0, value)) * 255);
    }
  }
  return bytes;
}

/** RGBA bytes, opaque. */
export function rgbaOf(planes: Planes): Uint8ClampedArray<ArrayBuffer> {
  const rgb = bytesOf(planes);
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length; i++) rgba[i + Math.floor(i / 3)] = rgb[i] as number;
  return rgba;
}

export function cropPlanes(planes: Planes, { x, y, width, height }: Rect): Planes {
  const data = new Float32Array(3 * width * height);
  for (let row = 0; row < 3 * height; row++) {
    const channel = Math.floor(row / height);
    const start = (channel * planes.height + y + (row % height)) * planes.width + x;
    data.set(planes.data.subarray(start, start + width), row * width);
  }
  return { width, height, data };
}
