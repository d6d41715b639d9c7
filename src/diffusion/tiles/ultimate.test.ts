import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import type { Rect } from '../../picture/geometry.ts';
import { maskBox, maskOver } from './ultimate-mask.ts';
import { ultimateDefaults, type UltimateOptions } from './ultimate-options.ts';
import { visibleCrop } from './ultimate-paste.ts';
import { cropFor, planUltimate, type UltimateJob } from './ultimate.ts';

const side = fc.oneof(fc.integer({ min: 8, max: 80 }), fc.integer({ min: 8, max: 700 }));
const sizes = fc.record({ width: side, height: side });
const tileSide = fc.integer({ min: 1, max: 6 }).map((n) => n * 64);
const choices: fc.Arbitrary<UltimateOptions> = fc.record({
  order: fc.constantFrom('linear' as const, 'chess' as const, 'none' as const),
  tile: fc.record({ width: tileSide, height: tileSide }),
  padding: fc.constantFrom(0, 32, 55),
  maskBlur: fc.constantFrom(0, 8, 16),
  seamFix: fc.constantFrom(
    'none' as const,
    'band' as const,
    'half-tile' as const,
    'half-tile-intersections' as const,
  ),
  seamDenoise: fc.constant(0.35),
  seamWidth: fc.constantFrom(0, 32, 64, 128),
  seamMaskBlur: fc.constantFrom(0, 4),
  seamPadding: fc.constantFrom(0, 16, 128),
  multiple: fc.constantFrom(8, 64),
});
const names = (jobs: readonly UltimateJob[]): string[] =>
  jobs.map(({ mask: { box }, pass }) => `${pass} ${box.x},${box.y}`);

describe('planUltimate', () => {
  it('has as many jobs as the original', () => {
    fc.assert(
      fc.property(sizes, choices, (picture, options) => {
        const columns = Math.ceil(picture.width / options.tile.width);
        const rows = Math.ceil(picture.height / options.tile.height);
        const { jobs } = planUltimate(picture, 0.3, options);
        const count = (pass: UltimateJob['pass']): number => jobs.filter((job) => job.pass === pass).length;
        expect(count('redraw')).toBe(options.order === 'none' ? 0 : rows * columns);
        const half = (rows - 1) * columns + rows * (columns - 1);
        const corners = (rows - 1) * (columns - 1);
        expect(count('half-tile')).toBe(options.seamFix.startsWith('half-tile') ? half : 0);
        expect(count('intersection')).toBe(options.seamFix === 'half-tile-intersections' ? corners : 0);
        for (const { pass, denoise } of jobs) expect(denoise).toBe(pass === 'redraw' ? 0.3 : 0.35);
      }),
    );
    const bands = planUltimate({ width: 500, height: 560 }, 0.3, {
      ...ultimateDefaults,
      tile: { width: 256, height: 256 },
      padding: 320,
      seamFix: 'band',
    }).jobs.filter(({ pass }) => pass === 'band');
    expect(bands).toHaveLength(3 + 2 - 2);
  });

  it('crops all that its mask shows, in the proportions that are processed, and covers the picture once', () => {
    fc.assert(
      fc.property(sizes, choices, (picture, options) => {
        const { jobs, shapes } = planUltimate(picture, 0.3, options);
        const covered = new Uint8Array(picture.width * picture.height);
        for (const job of jobs) {
          const { crop, size, mask, pass } = job;
          expect([size.width % options.multiple, size.height % options.multiple]).toEqual([0, 0]);
          expect(shapes).toContainEqual(size);
          // To the pixel that rounding costs.
          expect(Math.abs(crop.width * size.height - crop.height * size.width)).toBeLessThanOrEqual(
            Math.max(size.width, size.height),
          );
          const box = maskBox(mask, picture);
          const visible = visibleCrop(job, picture);
          expect(visible.x <= box.x && visible.y <= box.y).toBe(true);
          expect(visible.x + visible.width).toBeGreaterThanOrEqual(box.x + box.width);
          expect(visible.y + visible.height).toBeGreaterThanOrEqual(box.y + box.height);
          if (crop.x < 0) expect(visible.width).toBe(picture.width);
          if (crop.y < 0) expect(visible.height).toBe(picture.height);
          if (pass === 'redraw') {
            for (let y = mask.box.y; y < Math.min(picture.height, mask.box.y + mask.box.height); y++) {
              for (let x = mask.box.x; x < Math.min(picture.width, mask.box.x + mask.box.width); x++) {
                covered[y * picture.width + x] = at(covered, y * picture.width + x) + 1;
              }
            }
          }
        }
        if (options.order !== 'none') expect(covered.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('goes row by row, or over the squares of a chess board', () => {
    const picture = { width: 320, height: 200 };
    const options = { ...ultimateDefaults, tile: { width: 128, height: 128 } };
    const rows = ['0,0', '128,0', '256,0', '0,128', '128,128', '256,128'];
    expect(names(planUltimate(picture, 0.3, options).jobs)).toEqual(rows.map((place) => `redraw ${place}`));
    const chess = ['0,0', '256,0', '128,128', '128,0', '0,128', '256,128'];
    expect(names(planUltimate(picture, 0.3, { ...options, order: 'chess' }).jobs)).toEqual(
      chess.map((place) => `redraw ${place}`),
    );
  });

  it('mends seams after that: rows first, then columns, then corners', () => {
    const options = {
      ...ultimateDefaults,
      order: 'none',
      tile: { width: 128, height: 128 },
      seamFix: 'half-tile-intersections',
    } as const;
    const { jobs, shapes } = planUltimate({ width: 200, height: 300 }, 0.3, options);
    const rows = ['0,64', '128,64', '0,192', '128,192'];
    const columns = ['64,0', '64,128', '64,256'];
    expect(names(jobs)).toEqual([
      ...[...rows, ...columns].map((place) => `half-tile ${place}`),
      ...['64,64', '64,192'].map((place) => `intersection ${place}`),
    ]);
    expect(shapes).toEqual([{ width: 128, height: 128 }]);
  });

  it('processes the default tile at 576 pixels, and its neighbourhood with it', () => {
    const { jobs, shapes } = planUltimate({ width: 2048, height: 2048 }, 0.3);
    expect(shapes).toEqual([{ width: 576, height: 576 }]);
    expect(jobs).toHaveLength(16);
    // 20 pixels of blur and 32 of padding on every inner side.
    expect(at(jobs, 5).crop).toEqual({ x: 460, y: 460, width: 616, height: 616 });
    expect(at(jobs, 0).crop).toEqual({ x: 0, y: 0, width: 564, height: 564 });
  });
});

describe('bands', () => {
  const options = {
    ...ultimateDefaults,
    order: 'none',
    tile: { width: 128, height: 128 },
    padding: 0,
    seamFix: 'band',
    seamWidth: 32,
  } as const;

  it('are cut into jobs of one shape, which together act as one', () => {
    const picture = { width: 200, height: 470 };
    const { jobs, shapes } = planUltimate(picture, 0.3, options);
    expect(shapes).toEqual([
      { width: 64, height: 128 },
      { width: 128, height: 64 },
    ]);
    const column = jobs.filter(({ size }) => size.height > size.width);
    expect(column.length).toBeGreaterThan(3);
    // What is left of the picture, when every job paints it black.
    const left = new Float64Array(picture.height * 32).fill(1);
    for (const job of column) {
      const strip: Rect = { x: 112, y: 0, width: 32, height: picture.height };
      for (const [i, value] of maskOver(job.mask, strip, picture).entries()) {
        left[i] = at(left, i) * (1 - value);
      }
    }
    for (let y = 0; y < picture.height; y++) {
      for (let x = 0; x < 32; x++) {
        const whole = 1 - Math.abs((2 * (x + 0.5)) / 32 - 1);
        expect(1 - at(left, y * 32 + x)).toBeGreaterThan(whole - 1e-6);
      }
      expect(1 - at(left, y * 32 + 16)).toBeGreaterThan(0.96);
    }
  });

  it('stay whole where a tile is as long', () => {
    const { jobs } = planUltimate({ width: 250, height: 120 }, 0.3, options);
    expect(jobs.map(({ mask, size }) => [mask.box, size])).toEqual([
      [
        { x: 112, y: 0, width: 32, height: 120 },
        { width: 64, height: 128 },
      ],
    ]);
  });
});

describe('cropFor', () => {
  it('moves into the picture what would hang over one side, and hangs over both where there is no room', () => {
    const size = { width: 64, height: 64 };
    const box = { x: 90, y: 10, width: 10, height: 30 };
    expect(cropFor(box, 4, size, { width: 100, height: 100 })).toEqual({
      x: 62,
      y: 6,
      width: 38,
      height: 38,
    });
    expect(cropFor({ x: 0, y: 0, width: 20, height: 90 }, 4, size, { width: 20, height: 100 })).toEqual({
      x: -37,
      y: 0,
      width: 94,
      height: 94,
    });
  });
});
