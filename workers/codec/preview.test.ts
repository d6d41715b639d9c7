import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sizeInSquare, sizeWithin } from './preview.ts';

const sides = fc.integer({ min: 1, max: 70_000 });

it('keeps a preview within its pixels, whole and not enlarged', () => {
  fc.assert(
    fc.property(sides, sides, fc.integer({ min: 1, max: 10_000_000 }), (width, height, pixels) => {
      const small = sizeWithin({ width, height }, pixels);
      expect(small.width * small.height).toBeLessThanOrEqual(pixels);
      expect(small.width).toBeGreaterThan(0);
      expect(small.height).toBeGreaterThan(0);
      expect(small.width).toBeLessThanOrEqual(width);
      expect(small.height).toBeLessThanOrEqual(height);
    }),
  );
  expect(sizeWithin({ width: 600, height: 400 }, 240_000)).toEqual({ width: 600, height: 400 });
  expect(sizeWithin({ width: 600, height: 400 }, 60_000)).toEqual({ width: 300, height: 200 });
  expect(sizeWithin({ width: 600, height: 400 }, 1)).toEqual({ width: 1, height: 1 });
});

it('fits a thumbnail into its square', () => {
  expect(sizeInSquare({ width: 600, height: 400 }, 150)).toEqual({ width: 150, height: 100 });
  expect(sizeInSquare({ width: 9000, height: 3 }, 100)).toEqual({ width: 100, height: 1 });
  expect(sizeInSquare({ width: 20, height: 30 }, 100)).toEqual({ width: 20, height: 30 });
});
