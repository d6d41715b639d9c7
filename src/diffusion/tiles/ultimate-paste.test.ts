import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import { maskOver, type JobMask } from './ultimate-mask.ts';
import { ultimateDefaults } from './ultimate-options.ts';
import { latentMask, pasted, visibleCrop } from './ultimate-paste.ts';
import { planUltimate } from './ultimate.ts';

const flat = { kind: 'flat' } as const;

describe('maskOver', () => {
  const picture = { width: 60, height: 40 };
  const masks: JobMask[] = [
    { shape: { kind: 'lines', x: flat, y: flat }, box: { x: 16, y: 0, width: 32, height: 64 }, blur: 3 },
    {
      shape: { kind: 'lines', x: { kind: 'triangle' }, y: flat },
      box: { x: 8, y: 8, width: 16, height: 16 },
      blur: 0,
    },
    { shape: { kind: 'radial' }, box: { x: 10, y: 4, width: 40, height: 30 }, blur: 2 },
  ];

  it('does not depend on how it is cut', () => {
    const rects = fc
      .record({ x: fc.nat(59), y: fc.nat(39), right: fc.nat(), bottom: fc.nat() })
      .map(({ x, y, right, bottom }) => ({
        x,
        y,
        width: 1 + (right % (60 - x)),
        height: 1 + (bottom % (40 - y)),
      }));
    fc.assert(
      fc.property(rects, fc.constantFrom(...masks), (rect, mask) => {
        const whole = maskOver(mask, { x: 0, y: 0, ...picture }, picture);
        for (const [i, value] of maskOver(mask, rect, picture).entries()) {
          const x = rect.x + (i % rect.width);
          const y = rect.y + Math.floor(i / rect.width);
          if (value !== at(whole, y * 60 + x)) throw new Error(`Another value at ${x}, ${y}`);
        }
      }),
    );
  });

  it('is not softened where the picture ends, and half way up on an inner edge', () => {
    const [mask] = masks;
    if (!mask) throw new Error('No mask');
    const line = maskOver(mask, { x: 0, y: 0, width: 60, height: 1 }, picture);
    expect(at(line, 32)).toBeCloseTo(1, 6);
    expect((at(line, 15) + at(line, 16)) / 2).toBeCloseTo(0.5, 6);
    expect([...maskOver(mask, { x: 32, y: 0, width: 1, height: 40 }, picture)].every((v) => v > 0.999)).toBe(
      true,
    );
  });
});

describe('latentMask', () => {
  it('redraws what the mask shows by more than half', () => {
    const picture = { width: 1024, height: 1024 };
    const { jobs } = planUltimate(picture, 0.3, { ...ultimateDefaults, padding: 64, maskBlur: 0 });
    const job = at(jobs, 0);
    // 512 of 576 pixels, at their own size.
    expect([job.crop.width, job.size.width]).toEqual([576, 576]);
    const mask = latentMask(job, picture);
    expect(mask).toHaveLength(72 * 72);
    for (const [i, value] of mask.entries()) {
      expect(value).toBe(i % 72 < 64 && Math.floor(i / 72) < 64 ? 1 : 0);
    }
  });

  it('has the shape that is processed, at any size', () => {
    const side = fc.integer({ min: 8, max: 300 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const picture = { width, height };
        const options = { ...ultimateDefaults, tile: { width: 128, height: 128 }, seamFix: 'band' } as const;
        for (const job of planUltimate(picture, 0.3, options).jobs) {
          const mask = latentMask(job, picture);
          expect(mask).toHaveLength((job.size.width / 8) * (job.size.height / 8));
          if (job.pass === 'redraw' && job.mask.box.x + 64 < width && job.mask.box.y + 64 < height) {
            expect(mask.some((value) => value === 1)).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('pasted', () => {
  it('takes each pixel by its share', () => {
    const block = (value: number): { width: 2; height: 1; data: Uint8ClampedArray<ArrayBuffer> } => ({
      width: 2,
      height: 1,
      data: new Uint8ClampedArray(8).fill(value),
    });
    expect([...pasted(block(10), block(200), Float32Array.of(0, 0.5)).data]).toEqual([
      10, 10, 10, 10, 105, 105, 105, 105,
    ]);
    expect(pasted(block(10), block(200), Float32Array.of(1, 1)).data).toEqual(block(200).data);
  });
});

describe('visibleCrop', () => {
  it('is what the picture has of the crop', () => {
    expect(visibleCrop({ crop: { x: -4, y: 2, width: 28, height: 28 } }, { width: 20, height: 30 })).toEqual({
      x: 0,
      y: 2,
      width: 20,
      height: 28,
    });
  });
});
