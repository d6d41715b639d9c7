import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import { rectOf, type Rect, type Size, type Window } from './geometry.ts';
import type { PixelBlock } from './pixel-store.ts';
import { classicFilters, type ClassicFilter } from './resample-filter.ts';
import { Resampler, type ResamplerOptions } from './resample.ts';

/** Made by scripts/reference/resample.py with Pillow. */
interface Reference {
  readonly cases: readonly {
    readonly filter: ClassicFilter;
    readonly from: readonly [number, number];
    readonly window: readonly [number, number, number, number];
    readonly to: readonly [number, number];
    readonly values: readonly number[];
  }[];
}

const fixture = new URL('./fixtures/resample-reference.json', import.meta.url);
const reference = JSON.parse(readFileSync(fixture, 'utf8')) as Reference;

function grey(size: Size, value: (x: number, y: number) => number): PixelBlock {
  const data = new Uint8ClampedArray(size.width * size.height * 4).fill(255);
  for (let i = 0; i < data.length; i += 4) {
    data.fill(value((i / 4) % size.width, Math.floor(i / 4 / size.width)), i, i + 3);
  }
  return { ...size, data };
}

function whole(
  filter: ClassicFilter,
  block: PixelBlock,
  to: Size,
  window: Window = rectOf(block),
  options: ResamplerOptions = {},
): PixelBlock {
  const resampler = new Resampler(filter, block, window, to, options);
  return resampler.run(block, rectOf(block), rectOf(to));
}

function cut({ data, width }: PixelBlock, rect: Rect): PixelBlock {
  const part = data.slice(0, rect.width * rect.height * 4);
  for (let y = 0; y < rect.height; y++) {
    const from = ((rect.y + y) * width + rect.x) * 4;
    part.set(data.subarray(from, from + rect.width * 4), y * rect.width * 4);
  }
  return { width: rect.width, height: rect.height, data: part };
}

function random(size: Size, depth: 8 | 16, seed: number): PixelBlock {
  const length = size.width * size.height * 4;
  const data = depth === 8 ? new Uint8ClampedArray(length) : new Uint16Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> (depth === 8 ? 24 : 16);
  }
  // Opaque on the left, mixed in the middle, transparent on the right.
  for (let i = 3, x = 0; i < length; i += 4, x = (x + 1) % size.width) {
    if (x < size.width / 2) data[i] = depth === 8 ? 255 : 65535;
    else if (x > size.width * 0.8) data[i] = 0;
  }
  return { ...size, data };
}

describe('Resampler against Pillow', () => {
  it.each(reference.cases)(
    '$filter from $from, window $window, to $to',
    ({ filter, from, window, to, values }) => {
      const [width, height] = from;
      const small = grey({ width, height }, (x, y) => (x * 37 + y * 91 + x * y * 17) % 256);
      // In 16 bits, so that rounding hides nothing.
      const block = { ...small, data: Uint16Array.from(small.data, (value) => value * 257) };
      const [x, y, w, h] = window;
      const result = whole(
        filter,
        block,
        { width: to[0], height: to[1] },
        { x, y, width: w, height: h },
        { light: 'stored' },
      );
      expect(values).toHaveLength(to[0] * to[1]);
      for (const [i, expected] of values.entries()) {
        expect(Math.abs(at(result.data, i * 4) / 257 - expected)).toBeLessThan(0.004);
      }
    },
  );
});

describe('Resampler', () => {
  it('keeps the stored curve where either side grows', () => {
    const data = Uint8ClampedArray.from({ length: 8 * 64 * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : i % 32 < 16 ? 40 : 200,
    );
    const tall = { width: 8, height: 64, data };
    const to = { width: 32, height: 8 };
    expect(whole('bicubic', tall, to)).toEqual(whole('bicubic', tall, to, undefined, { light: 'stored' }));
  });

  it('averages in linear light when it reduces', () => {
    const checkers = grey({ width: 64, height: 64 }, (x, y) => ((x + y) % 2) * 255);
    for (const filter of ['bilinear', 'bicubic', 'lanczos3'] as const) {
      const centre = cut(whole(filter, checkers, { width: 8, height: 8 }), {
        x: 3,
        y: 3,
        width: 2,
        height: 2,
      });
      expect([...centre.data.slice(0, 4)]).toEqual([188, 188, 188, 255]);
    }
    const stored = whole('bilinear', checkers, { width: 8, height: 8 }, undefined, { light: 'stored' });
    expect(stored.data[3 * 32 + 12]).toBe(128);
  });

  it('takes centre samples with nearest, whatever the factor', () => {
    const ramp = grey({ width: 9, height: 1 }, (x) => x * 10);
    const greys = (block: PixelBlock): number[] => [...block.data].filter((_, i) => i % 4 === 0);
    expect(greys(whole('nearest', ramp, { width: 3, height: 1 }))).toEqual([10, 40, 70]);
    expect(
      greys(whole('nearest', ramp, { width: 4, height: 1 }, { x: 2, y: 0, width: 2, height: 1 })),
    ).toEqual([20, 20, 30, 30]);
  });

  it('leaves a picture as it is at its own size', () => {
    const block = random({ width: 13, height: 7 }, 8, 3);
    // Only what can be seen: under alpha 0 there is no colour to keep.
    const opaque = { ...block, data: block.data.map((value, i) => (i % 4 === 3 ? 255 : value)) };
    for (const filter of classicFilters) expect(whole(filter, opaque, opaque)).toEqual(opaque);
  });

  it('keeps flat colours flat, to the edges', () => {
    const flat = grey({ width: 11, height: 5 }, () => 77);
    for (const filter of classicFilters) {
      for (const to of [
        { width: 37, height: 23 },
        { width: 4, height: 3 },
        { width: 30, height: 2 },
      ]) {
        expect(
          [...whole(filter, flat, to).data].filter((value, i) => value !== (i % 4 === 3 ? 255 : 77)),
        ).toEqual([]);
      }
    }
  });

  it('lets transparent pixels not colour their neighbours, and keeps colour under alpha 0', () => {
    const data = new Uint8ClampedArray(16 * 4);
    for (let x = 0; x < 16; x++) data.set(x < 8 ? [255, 0, 0, 255] : [0, 255, 0, 0], x * 4);
    const result = whole('bilinear', { width: 16, height: 1, data }, { width: 64, height: 1 });
    for (let x = 0; x < 64; x++) {
      const [red, green, , alpha] = result.data.slice(x * 4, x * 4 + 4);
      if (alpha !== 0) expect([red, green]).toEqual([255, 0]);
      else expect((red ?? 0) + (green ?? 0)).toBeGreaterThan(250);
    }
    expect([...result.data.slice(-4)]).toEqual([0, 255, 0, 0]);
    expect(result.data[31 * 4 + 3]).toBeGreaterThan(128);
    expect(result.data[32 * 4 + 3]).toBeLessThan(128);
  });

  it('gives the same pixels however the output is cut', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const size = fc.record({ width: side, height: side });
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...classicFilters),
        size,
        size,
        fc.constantFrom(8 as const, 16 as const),
        fc.tuple(unit, unit, unit, unit),
        fc.tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 16 })),
        fc.nat(),
        (filter, from, to, depth, [x, y, w, h], [tileWidth, tileHeight], seed) => {
          const block = random(from, depth, seed);
          const window = {
            x: (x * from.width) / 2,
            y: (y * from.height) / 2,
            width: Math.max(0.1, (w * from.width) / 2),
            height: Math.max(0.1, (h * from.height) / 2),
          };
          const resampler = new Resampler(filter, from, window, to);
          const expected = resampler.run(block, rectOf(from), rectOf(to));
          for (let top = 0; top < to.height; top += tileHeight) {
            for (let left = 0; left < to.width; left += tileWidth) {
              const target = {
                x: left,
                y: top,
                width: Math.min(tileWidth, to.width - left),
                height: Math.min(tileHeight, to.height - top),
              };
              const source = resampler.sourceRect(target);
              expect(source.x >= 0 && source.y >= 0).toBe(true);
              expect(source.x + source.width <= from.width && source.y + source.height <= from.height).toBe(
                true,
              );
              const part = resampler.run(cut(block, source), source, target);
              expect(part).toEqual(cut(expected, target));
            }
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});
