import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import { bleedRgb, constantAlpha, isOpaque, restoreFlatAlpha } from './alpha.ts';
import type { PixelBlock } from './pixel-store.ts';
import { alphaPlane } from './planes.ts';

function block(
  width: number,
  height: number,
  pixel: (x: number, y: number) => readonly number[],
): PixelBlock {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) data.set(pixel(i % width, Math.floor(i / width)), i * 4);
  return { width, height, data };
}

function pixelAt({ data, width }: PixelBlock, x: number, y: number): number[] {
  return [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4)];
}

describe('constantAlpha', () => {
  it('tells one value from several', () => {
    expect(constantAlpha(block(3, 2, () => [1, 2, 3, 40]))).toBe(40);
    expect(constantAlpha(block(3, 2, (x, y) => [1, 2, 3, x + y === 3 ? 41 : 40]))).toBeNull();
    expect(isOpaque(block(3, 2, () => [1, 2, 3, 255]))).toBe(true);
    expect(isOpaque(block(3, 2, () => [1, 2, 3, 254]))).toBe(false);
    expect(isOpaque({ width: 1, height: 1, data: new Uint16Array([0, 0, 0, 65535]) })).toBe(true);
    expect(isOpaque({ width: 1, height: 1, data: new Uint16Array([0, 0, 0, 255]) })).toBe(false);
  });
});

describe('bleedRgb', () => {
  it('continues colour 16 pixels under transparency and leaves alpha alone', () => {
    const source = block(40, 3, (x) => (x < 10 ? [200, 100, 50, x === 9 ? 3 : 255] : [0, 255, 0, 0]));
    const bled = bleedRgb(source);
    for (let x = 10; x < 26; x++) expect(pixelAt(bled, x, 1)).toEqual([200, 100, 50, 0]);
    expect(pixelAt(bled, 26, 1)).toEqual([0, 255, 0, 0]);
    expect(pixelAt(bled, 9, 1)).toEqual([200, 100, 50, 3]);
    expect(alphaPlane(bled)).toEqual(alphaPlane(source));
    expect(pixelAt(source, 10, 1)).toEqual([0, 255, 0, 0]);
  });

  it('takes the mean of what is around', () => {
    const source = block(3, 1, (x) => (x === 1 ? [0, 0, 0, 0] : [x * 50, 10, 20, 255]));
    expect(pixelAt(bleedRgb(source), 1, 0)).toEqual([50, 10, 20, 0]);
  });

  it('returns the same block when there is nothing to do', () => {
    const opaque = block(4, 4, () => [1, 2, 3, 255]);
    const clear = block(4, 4, () => [1, 2, 3, 0]);
    expect(bleedRgb(opaque)).toBe(opaque);
    expect(bleedRgb(clear)).toBe(clear);
  });

  it('gives neighbouring tiles the same pixels, 16 and more from their edges', () => {
    const visible = (x: number, y: number): boolean => (x * 7 + y * 13) % 61 === 0;
    const pixel = (x: number, y: number): number[] => [x * 2, y * 2, (x * y) % 256, visible(x, y) ? 255 : 0];
    const whole = bleedRgb(block(100, 60, pixel));
    const part = bleedRgb(block(70, 60, (x, y) => pixel(x + 30, y)));
    for (let y = 0; y < 60; y++) {
      for (let x = 17; x < 70; x++) expect(pixelAt(part, x, y)).toEqual(pixelAt(whole, x + 30, y));
    }
  });
});

describe('restoreFlatAlpha', () => {
  const size = { width: 24, height: 12 };
  const scale = 4;
  const wide = size.width * scale;
  // Opaque on the left, transparent on the right, a soft edge of three pixels between.
  const level = (x: number): number => (x < 10 ? 1 : x > 12 ? 0 : 1 - (x - 9) / 4);
  const source = Float32Array.from({ length: size.width * size.height }, (_, i) => level(i % size.width));
  const shifted = (): Float32Array =>
    Float32Array.from({ length: source.length * scale * scale }, (_, i) => {
      const x = Math.floor((i % wide) / scale);
      return level(x) * 0.9 + 0.05;
    });

  it('makes flat areas exact and leaves soft edges as they are', () => {
    const alpha = shifted();
    const before = shifted();
    restoreFlatAlpha(alpha, source, size, scale);
    for (let y = 0; y < size.height * scale; y++) {
      const row = (x: number): number => at(alpha, y * wide + x);
      // Pixels 0..7 see only opaque ones within two, 15 and on only transparent ones.
      for (let x = 0; x <= 7 * scale + 1; x++) expect(row(x)).toBe(1);
      for (let x = 15 * scale + 2; x < wide; x++) expect(row(x)).toBe(0);
      for (let x = 9 * scale; x < 14 * scale; x++) expect(row(x)).toBe(at(before, y * wide + x));
      // In between it fades, and never jumps.
      for (let x = 7 * scale; x < 9 * scale; x++) expect(Math.abs(row(x) - row(x + 1))).toBeLessThan(0.02);
    }
  });

  it('keeps an opaque picture opaque', () => {
    const alpha = new Float32Array(9 * 16).fill(0.97);
    restoreFlatAlpha(alpha, new Float32Array(9).fill(1), { width: 3, height: 3 }, 4);
    expect(alpha.every((value) => value === 1)).toBe(true);
  });
});
