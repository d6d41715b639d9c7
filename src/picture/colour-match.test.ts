import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import { matchWavelet, waveletMargin, withMargin } from './colour-match-wavelet.ts';
import { ColourMoments, matchMoments } from './colour-match.ts';
import type { Rect, Size } from './geometry.ts';

const side = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 110 }));
const sizes = fc.record({ width: side, height: side });
const levels = fc.integer({ min: 0, max: 5 });

function picture({ width, height }: Size, seed: number): Float32Array {
  return Float32Array.from({ length: 3 * width * height }, (_, i) => 0.5 + Math.sin(i * i + seed) / 2);
}

function cut(planes: Float32Array, size: Size, rect: Rect): Float32Array {
  const part = new Float32Array(3 * rect.width * rect.height);
  for (let channel = 0, to = 0; channel < 3; channel++) {
    for (let y = 0; y < rect.height; y++, to += rect.width) {
      const from = (channel * size.height + rect.y + y) * size.width + rect.x;
      part.set(planes.subarray(from, from + rect.width), to);
    }
  }
  return part;
}

describe('matchWavelet', () => {
  it('is the same in tiles with their margin as on the whole picture', () => {
    fc.assert(
      fc.property(sizes, levels, fc.integer({ min: 5, max: 60 }), (size, levels, tile) => {
        const [redrawn, source] = [picture(size, 1), picture(size, 2)];
        const whole = redrawn.slice();
        matchWavelet(whole, source, size, levels);
        for (let y = 0; y < size.height; y += tile) {
          for (let x = 0; x < size.width; x += tile) {
            const rect = {
              x,
              y,
              width: Math.min(tile, size.width - x),
              height: Math.min(tile, size.height - y),
            };
            const read = withMargin(rect, size, waveletMargin(levels));
            const part = cut(redrawn, size, read);
            matchWavelet(part, cut(source, size, read), read, levels);
            const inner = { ...rect, x: x - read.x, y: y - read.y };
            expect(cut(part, read, inner)).toEqual(cut(whole, size, rect));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('takes the colour of a flat source, keeps fine detail, and leaves equal pictures alone', () => {
    const size = { width: 96, height: 96 };
    const source = new Float32Array(3 * 96 * 96).fill(0.25);
    const redrawn = Float32Array.from(source, (_, i) => 0.75 + (i % 2 ? 0.1 : -0.1));
    matchWavelet(redrawn, source, size);
    expect(at(redrawn, 48 * 96 + 40)).toBeCloseTo(0.15, 5);
    expect(at(redrawn, 48 * 96 + 41)).toBeCloseTo(0.35, 5);
    const same = picture(size, 3);
    const before = same.slice();
    matchWavelet(same, before, size);
    expect(same).toEqual(before);
  });

  it('is the source with no level at all, to rounding', () => {
    const size = { width: 9, height: 4 };
    const redrawn = picture(size, 1);
    const source = picture(size, 2);
    matchWavelet(redrawn, source, size, 0);
    for (const [i, value] of redrawn.entries()) expect(value).toBeCloseTo(at(source, i), 6);
  });
});

describe('matchMoments', () => {
  const moments = (planes: Float32Array, size: Size): ColourMoments => new ColourMoments().add(planes, size);

  it('gives a picture the mean and spread of its source', () => {
    const size = { width: 40, height: 30 };
    const source = picture(size, 1).map((value, i) => value * (i < 1200 ? 0.2 : 0.6) + 0.1);
    const redrawn = picture(size, 2).map((value) => value * 0.8 + 0.3);
    const wanted = moments(source, size);
    matchMoments(redrawn, moments(redrawn, size), wanted);
    const got = moments(redrawn, size);
    for (let channel = 0; channel < 3; channel++) {
      expect(got.mean(channel)).toBeCloseTo(wanted.mean(channel), 5);
      expect(got.variance(channel) / wanted.variance(channel)).toBeCloseTo(1, 2);
    }
  });

  it('sums the moments of parts to those of the whole, and changes parts like the whole', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, some) => {
        const planes = picture(size, 4);
        const top = 1 + (some % size.height);
        const rects = [
          { x: 0, y: 0, width: size.width, height: top },
          { x: 0, y: top, width: size.width, height: size.height - top },
        ].filter(({ height }) => height > 0);
        const parts = new ColourMoments();
        for (const rect of rects) parts.add(cut(planes, size, rect), rect);
        const whole = moments(planes, size);
        for (let channel = 0; channel < 3; channel++) {
          expect(parts.mean(channel)).toBeCloseTo(whole.mean(channel), 10);
          expect(parts.variance(channel)).toBeCloseTo(whole.variance(channel), 10);
        }
        const to = moments(picture(size, 5), size);
        const changed = planes.slice();
        matchMoments(changed, parts, to);
        for (const rect of rects) {
          const part = cut(planes, size, rect);
          matchMoments(part, parts, to);
          expect(part).toEqual(cut(changed, size, rect));
        }
      }),
    );
  });

  it('does not blow up what is nearly flat', () => {
    const size = { width: 8, height: 8 };
    const flat = new Float32Array(192).fill(0.5);
    flat[0] = 0.501;
    matchMoments(flat, moments(flat, size), moments(picture(size, 1), size));
    const red = flat.subarray(0, 64);
    expect(Math.max(...red) - Math.min(...red)).toBeLessThan(0.12);
    expect(() => new ColourMoments().mean(0)).toThrow('no pixels');
  });
});
