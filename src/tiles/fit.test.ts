import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { area, type Size } from '../picture/geometry.ts';
import { fitTile, halve, minimumTile } from './fit.ts';
import { planTiles } from './plan.ts';
import type { TileRules } from './rules.ts';

const plain: TileRules = { context: 16, blend: 8, multiple: 1 };
const rules = fc.record({
  context: fc.integer({ min: 0, max: 24 }),
  blend: fc.integer({ min: 0, max: 16 }),
  multiple: fc.constantFrom(1, 4, 16),
});
const side = fc.integer({ min: 1, max: 300 });
const size = fc.record({ width: side, height: side });

function total(size: Size, tile: Size, rules: TileRules): number {
  const plan = planTiles(size, tile, rules);
  return plan.tiles.length * area(plan.tile);
}

describe('fitTile', () => {
  it('gives a picture that may run whole one tile', () => {
    expect(fitTile({ width: 512, height: 300 }, plain, 512 * 300)).toEqual({ width: 512, height: 300 });
  });

  it('is the shape that the plan then has, within the pixels allowed where that is possible', () => {
    fc.assert(
      fc.property(size, rules, fc.integer({ min: 1, max: 90_000 }), (size, rules, most) => {
        const tile = fitTile(size, rules, most);
        expect(planTiles(size, tile, rules).tile).toEqual(tile);
        const least = minimumTile(rules);
        const smallest = planTiles(size, least, rules).tile;
        if (area(tile) > most) expect(tile).toEqual(smallest);
        if (area(smallest) <= most) expect(area(tile)).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('computes no more than any other shape that is allowed', () => {
    fc.assert(
      fc.property(size, rules, fc.integer({ min: 5000, max: 60_000 }), size, (size, rules, most, other) => {
        const plan = planTiles(size, other, rules);
        const tile = fitTile(size, rules, most);
        if (area(plan.tile) > most || area(tile) > most) return;
        expect(total(size, tile, rules)).toBeLessThanOrEqual(total(size, other, rules));
      }),
      { numRuns: 300 },
    );
  });

  it('is the one shape that a network has', () => {
    const fixed = { width: 96, height: 64 };
    expect(fitTile({ width: 500, height: 20 }, { ...plain, context: 8, fixed }, 100)).toEqual(fixed);
    expect(halve(fixed, { ...plain, context: 8, fixed })).toBeNull();
  });

  it('is quick for the largest pictures', () => {
    const start = performance.now();
    fitTile({ width: 65_535, height: 65_535 }, plain, 65_536);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('halve', () => {
  it('halves the longer side down to the least, then gives up', () => {
    expect(halve({ width: 512, height: 300 }, plain)).toEqual({ width: 256, height: 300 });
    expect(halve({ width: 256, height: 300 }, plain)).toEqual({ width: 256, height: 150 });
    expect(halve(minimumTile(plain), plain)).toBeNull();
    expect(halve({ width: 20, height: 20 }, plain)).toBeNull();
  });

  it('gets smaller every time and ends', () => {
    fc.assert(
      fc.property(size, rules, (size, rules) => {
        let tile: Size | null = size;
        while (tile) {
          const half: Size | null = halve(tile, rules);
          if (half) expect(area(half)).toBeLessThan(area(tile));
          tile = half;
        }
      }),
    );
  });
});
