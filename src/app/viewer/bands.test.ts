import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandsOf } from './bands.ts';

describe('bandsOf', () => {
  it('covers every row once, in small parts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        (width, height) => {
          const bands = bandsOf({ width, height });
          let y = 0;
          for (const band of bands) {
            expect(band.y).toBe(y);
            y += band.height;
            expect(band.height === 1 || band.height * width <= 160_000).toBe(true);
          }
          expect(y).toBe(height);
        },
      ),
    );
  });
});
