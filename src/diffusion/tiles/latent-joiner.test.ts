import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import { area } from '../../picture/geometry.ts';
import { cutPlanes } from '../../tiles/cut.ts';
import { evenGrid, type EvenGrid } from './grid.ts';
import { LatentJoiner } from './latent-joiner.ts';

const side = fc.integer({ min: 1, max: 113 });
const tileSide = fc.integer({ min: 6, max: 24 });
const grids = fc
  .record({ width: side, height: side, across: tileSide, down: tileSide, overlap: fc.nat(5) })
  .map(({ width, height, across, down, overlap }) =>
    evenGrid({ width, height }, { width: across, height: down }, overlap),
  );

function joinAll(grid: EvenGrid, of: (index: number) => Float32Array): Float32Array {
  const joiner = new LatentJoiner(grid, 4);
  for (const tile of grid.tiles) joiner.add(tile, of(tile.index));
  return joiner.take();
}

describe('LatentJoiner', () => {
  it('joins parts of one map to that map, whatever the tiles', () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const { size } = grid;
        const map = Float32Array.from({ length: 4 * area(size) }, (_, i) => Math.sin(i * 1.7) * 4);
        const joined = joinAll(grid, (index) => cutPlanes(map, size, at(grid.tiles, index).rect));
        expect(joined.length).toBe(map.length);
        const worst = joined.reduce((most, value, i) => Math.max(most, Math.abs(value - at(map, i))), 0);
        expect(worst).toBeLessThan(4e-6);
      }),
      { numRuns: 50 },
    );
  });

  it('stays between what the tiles say, and says what a tile says where it is alone', () => {
    const grid = evenGrid({ width: 100, height: 38 }, { width: 40, height: 20 }, 8);
    const joined = joinAll(grid, (index) => new Float32Array(4 * 800).fill(index));
    const last = grid.tiles.length - 1;
    expect(at(joined, 0)).toBe(0);
    expect(at(joined, joined.length - 1)).toBe(last);
    for (const value of joined) expect(value >= 0 && value <= last + 1e-5).toBe(true);
  });

  it('takes every tile once, and then begins anew', () => {
    const grid = evenGrid({ width: 88, height: 64 }, { width: 64, height: 64 }, 8);
    const joiner = new LatentJoiner(grid);
    const tile = at(grid.tiles, 0);
    const ones = new Float32Array(4 * 64 * 64).fill(1);
    joiner.add(tile, ones);
    expect(() => joiner.add(tile, ones)).toThrow('before');
    expect(() => joiner.take()).toThrow('1 of 2');
    expect(() => joiner.add(at(grid.tiles, 1), ones.subarray(1))).toThrow('values');
    joiner.add(at(grid.tiles, 1), ones);
    const first = joiner.take();
    for (const tile of grid.tiles) joiner.add(tile, ones);
    expect(joiner.take()).toEqual(first);
  });
});
