import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import { evenGrid, evenStarts } from './grid.ts';

const asked = fc
  .record({ tile: fc.integer({ min: 1, max: 80 }), length: fc.integer({ min: 1, max: 600 }) })
  .chain(({ tile, length }) =>
    fc.record({
      tile: fc.constant(tile),
      length: fc.constant(length),
      overlap: fc.integer({ min: 0, max: tile - 1 }),
    }),
  );

describe('evenStarts', () => {
  it('covers the axis with whole tiles that share at least the overlap, as few as can be', () => {
    fc.assert(
      fc.property(asked, ({ length, tile, overlap }) => {
        const starts = evenStarts(length, tile, overlap);
        expect(starts[0]).toBe(0);
        if (length <= tile) expect(starts).toEqual([0]);
        else expect(at(starts, starts.length - 1)).toBe(length - tile);
        for (let i = 1; i < starts.length; i++) {
          const step = at(starts, i) - at(starts, i - 1);
          expect(step).toBeGreaterThan(0);
          expect(tile - step).toBeGreaterThanOrEqual(overlap);
        }
        // One tile fewer would not reach.
        const reach = (count: number): number => tile + (count - 1) * (tile - overlap);
        if (starts.length > 1) expect(reach(starts.length - 1)).toBeLessThan(length);
      }),
    );
  });

  it('places tiles as AUTOMATIC1111 does', () => {
    expect(evenStarts(2048, 512, 64)).toEqual([0, 384, 768, 1152, 1536]);
    expect(evenStarts(1000, 512, 64)).toEqual([0, 244, 488]);
    expect(evenStarts(513, 512, 0)).toEqual([0, 1]);
  });

  it('refuses overlaps of a whole tile', () => {
    expect(() => evenStarts(100, 16, 16)).toThrow('overlap');
  });
});

describe('evenGrid', () => {
  it('goes row by row, and is at least one tile large', () => {
    const grid = evenGrid({ width: 100, height: 20 }, { width: 64, height: 32 }, 8);
    expect(grid.size).toEqual({ width: 100, height: 32 });
    expect(grid.tiles.map(({ rect }) => [rect.x, rect.y])).toEqual([
      [0, 0],
      [36, 0],
    ]);
    const square = evenGrid({ width: 100, height: 100 }, { width: 64, height: 64 }, 8);
    expect(square.tiles.map(({ index, row, column }) => [index, row, column])).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [2, 1, 0],
      [3, 1, 1],
    ]);
  });
});
