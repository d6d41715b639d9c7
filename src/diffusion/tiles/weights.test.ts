import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import { evenStarts } from './grid.ts';
import { gaussianLine, weightLines } from './weights.ts';

describe('weightLines', () => {
  it('sums to one wherever tiles are, and is whole where one tile is alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(),
        (tile, length, some) => {
          const starts = evenStarts(length, tile, some % tile);
          const lines = weightLines(starts, tile);
          const sums = new Float64Array(Math.max(length, tile));
          const counts = new Uint32Array(sums.length);
          for (const [i, start] of starts.entries()) {
            for (const [j, weight] of at(lines, i).entries()) {
              sums[start + j] = at(sums, start + j) + weight;
              counts[start + j] = at(counts, start + j) + 1;
              expect(weight).toBeGreaterThan(0);
            }
          }
          for (const [place, sum] of sums.entries()) {
            expect(Math.abs(sum - 1)).toBeLessThan(at(counts, place) === 1 ? 1e-30 : 1e-6);
          }
        },
      ),
    );
  });
});

describe('gaussianLine', () => {
  it('is symmetrical, and at the edge about exp(-12.5) of the middle', () => {
    const line = gaussianLine(64);
    expect(at(line, 0)).toBe(at(line, 63));
    expect(at(line, 0) / at(line, 32)).toBeCloseTo(Math.exp(-12.5 * (63 / 64) ** 2), 7);
    expect(at(gaussianLine(65), 32)).toBeCloseTo(1 / Math.sqrt(2 * Math.PI * 0.01), 12);
  });
});
