import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { maxDifference, meanDifference, psnr, ssim } from './metrics.ts';
import type { PixelBlock } from './pixel-store.ts';

function grey(width: number, height: number, value: (x: number, y: number) => number): PixelBlock {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i += 4) {
    data.fill(value((i / 4) % width, Math.floor(i / 4 / width)), i, i + 3);
  }
  return { width, height, data };
}

const pattern = (x: number, y: number): number => (x * 37 + y * 91 + x * y * 17) % 256;

describe('differences', () => {
  const one = grey(4, 2, () => 100);
  const other = grey(4, 2, (x, y) => (x === 0 && y === 0 ? 108 : 100));

  it('measures mean, largest and PSNR', () => {
    expect(meanDifference(one, other)).toBe(1);
    expect(maxDifference(other, one)).toBe(8);
    // Mean squared difference 8.
    expect(psnr(one, other)).toBeCloseTo(10 * Math.log10(65025 / 8), 9);
    expect(psnr(one, one)).toBe(Infinity);
  });

  it('does not look at alpha', () => {
    const clear = { ...one, data: one.data.map((value, i) => (i % 4 === 3 ? 0 : value)) };
    expect(maxDifference(one, clear)).toBe(0);
  });

  it('refuses pictures of different sizes', () => {
    expect(() =>
      maxDifference(
        one,
        grey(2, 4, () => 100),
      ),
    ).toThrow(/sizes/u);
  });
});

describe('ssim', () => {
  it('agrees with scikit-image', () => {
    const fixture = new URL('./fixtures/resample-reference.json', import.meta.url);
    const { ssim: expected } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly ssim: number };
    const one = grey(32, 24, pattern);
    const other = grey(32, 24, (x, y) => Math.floor(pattern(x, y) * 0.8 + pattern(y, x) * 0.15));
    expect(ssim(one, other)).toBeCloseTo(expected, 4);
  });

  it('is 1 for equal pictures, of one pixel too', () => {
    expect(ssim(grey(20, 13, pattern), grey(20, 13, pattern))).toBeCloseTo(1, 12);
    expect(ssim(grey(1, 1, pattern), grey(1, 1, pattern))).toBeCloseTo(1, 12);
  });
});
