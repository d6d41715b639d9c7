import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelFor, levelSizes } from './levels.ts';

describe('levelSizes', () => {
  it('keeps a small frame as it is', () => {
    expect(levelSizes({ width: 400, height: 300 }, 33e6)).toEqual([{ width: 400, height: 300, scale: 1 }]);
  });

  it('stays within the pixels and the sides it may use, for any frame', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        (width, height) => {
          const sizes = levelSizes({ width, height }, 33e6);
          const first = sizes[0];
          expect(first && first.width * first.height).toBeLessThan(33.1e6);
          for (const size of sizes) {
            expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(16_384);
            expect(Math.min(size.width, size.height)).toBeGreaterThan(0);
          }
        },
      ),
    );
  });
});

describe('levelFor', () => {
  const levels = levelSizes({ width: 4000, height: 4000 }, 33e6);

  it('takes the smallest that is fine enough', () => {
    expect(levelFor(levels, 1)?.scale).toBe(1);
    expect(levelFor(levels, 0.4)?.scale).toBe(0.5);
    expect(levelFor(levels, 0.01)?.scale).toBe(levels.at(-1)?.scale);
    expect(levelFor(levels, 3)?.scale).toBe(1);
  });
});
