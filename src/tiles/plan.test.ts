import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import { fitAxis, minimumLength, planTiles, type Tile } from './plan.ts';
import type { TileRules } from './rules.ts';

const rules = fc.record({
  context: fc.integer({ min: 0, max: 40 }),
  blend: fc.integer({ min: 0, max: 16 }),
  multiple: fc.constantFrom(1, 1, 2, 4, 8, 16, 32),
});
const side = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 400 }));
const size = fc.record({ width: side, height: side });
const asked = fc.record({ tile: size, size, rules });

const plain: TileRules = { context: 10, blend: 8, multiple: 1 };

describe('planTiles', () => {
  it('reads one shape, from multiples on, and never beyond the picture', () => {
    fc.assert(
      fc.property(asked, ({ size, tile, rules }) => {
        const plan = planTiles(size, tile, rules);
        const { multiple } = rules;
        expect(plan.tiles).toHaveLength(plan.columns * plan.rows);
        expect([plan.tile.width % multiple, plan.tile.height % multiple]).toEqual([0, 0]);
        for (const { index, row, column, read } of plan.tiles) {
          expect(index).toBe(row * plan.columns + column);
          expect([read.x % multiple, read.y % multiple]).toEqual([0, 0]);
          expect(read.x).toBeGreaterThanOrEqual(0);
          expect(read.x + read.width).toBeLessThanOrEqual(size.width);
          expect(read.y + read.height).toBeLessThanOrEqual(size.height);
          // Only the last may be shorter, and by less than a multiple.
          if (column < plan.columns - 1) expect(read.width).toBe(plan.tile.width);
          if (row < plan.rows - 1) expect(read.height).toBe(plan.tile.height);
          expect(Math.ceil(read.width / multiple) * multiple).toBe(plan.tile.width);
          expect(Math.ceil(read.height / multiple) * multiple).toBe(plan.tile.height);
        }
      }),
    );
  });

  it('keeps the context on inner sides and abuts the edges of the picture', () => {
    fc.assert(
      fc.property(asked, ({ size, tile, rules }) => {
        const plan = planTiles(size, tile, rules);
        for (const { row, column, read, write, overlap } of plan.tiles) {
          if (column === 0) expect([read.x, write.x, overlap.left]).toEqual([0, 0, 0]);
          else expect(write.x - read.x).toBeGreaterThanOrEqual(rules.context);
          if (row === 0) expect([read.y, write.y, overlap.top]).toEqual([0, 0, 0]);
          else expect(write.y - read.y).toBeGreaterThanOrEqual(rules.context);
          if (column === plan.columns - 1) {
            expect([write.x + write.width, overlap.right]).toEqual([size.width, 0]);
            if (column > 0) expect(read.x + read.width).toBe(size.width);
          } else expect(read.x + read.width - write.x - write.width).toBeGreaterThanOrEqual(rules.context);
          if (row === plan.rows - 1) {
            expect([write.y + write.height, overlap.bottom]).toEqual([size.height, 0]);
            if (row > 0) expect(read.y + read.height).toBe(size.height);
          } else expect(read.y + read.height - write.y - write.height).toBeGreaterThanOrEqual(rules.context);
        }
      }),
    );
  });

  it('lets neighbours share exactly the rim, and never two rims of one tile', () => {
    fc.assert(
      fc.property(asked, ({ size, tile, rules }) => {
        const plan = planTiles(size, tile, rules);
        for (const tile of plan.tiles) {
          const { write, overlap } = tile;
          expect(write.width).toBeGreaterThan(overlap.left + overlap.right - 1);
          expect(write.height).toBeGreaterThan(overlap.top + overlap.bottom - 1);
          const right: Tile | undefined =
            tile.column < plan.columns - 1 ? at(plan.tiles, tile.index + 1) : undefined;
          if (right) {
            expect(write.x + write.width - right.write.x).toBe(rules.blend);
            expect([overlap.right, right.overlap.left]).toEqual([rules.blend, rules.blend]);
            expect(right.write.x).toBeGreaterThan(write.x);
          }
          const below: Tile | undefined =
            tile.row < plan.rows - 1 ? at(plan.tiles, tile.index + plan.columns) : undefined;
          if (below) {
            expect(write.y + write.height - below.write.y).toBe(rules.blend);
            expect([overlap.bottom, below.overlap.top]).toEqual([rules.blend, rules.blend]);
            expect(below.write.y).toBeGreaterThan(write.y);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never reads more than was asked for, unless the rules need more', () => {
    fc.assert(
      fc.property(asked, ({ size, tile, rules }) => {
        const plan = planTiles(size, tile, rules);
        expect(plan.tile.width).toBeLessThanOrEqual(Math.max(tile.width, minimumLength(rules)));
        expect(plan.tile.height).toBeLessThanOrEqual(Math.max(tile.height, minimumLength(rules)));
      }),
    );
  });

  it('runs a picture smaller than a tile at its own size', () => {
    const plan = planTiles({ width: 200, height: 72 }, { width: 256, height: 256 }, plain);
    expect(plan.tile).toEqual({ width: 200, height: 72 });
    expect(plan.tiles).toHaveLength(1);
    expect(plan.tiles[0]?.write).toEqual({ x: 0, y: 0, width: 200, height: 72 });
  });

  it('lets the network fill a picture up to a multiple', () => {
    const plan = planTiles(
      { width: 50, height: 300 },
      { width: 160, height: 160 },
      { ...plain, multiple: 16 },
    );
    expect(plan.tile.width).toBe(64);
    expect(plan.tiles[0]?.read.width).toBe(50);
    expect(plan.tile.height % 16).toBe(0);
    expect(plan.rows).toBeGreaterThan(1);
  });

  it('fits the tiles to the picture', () => {
    // Two tiles of 100 sharing 28 would reach 172 pixels; 150 needs only 89.
    expect(fitAxis(150, 100, plain)).toEqual({ count: 2, length: 89 });
    expect(planTiles({ width: 150, height: 150 }, { width: 100, height: 100 }, plain).tile).toEqual({
      width: 89,
      height: 89,
    });
  });

  it('covers any picture with tiles of the one shape that a network has', () => {
    const fixedRules = fc
      .record({
        context: fc.integer({ min: 0, max: 20 }),
        blend: fc.integer({ min: 0, max: 16 }),
        multiple: fc.constantFrom(1, 2, 8),
        more: fc.record({ width: fc.integer({ min: 0, max: 9 }), height: fc.integer({ min: 0, max: 9 }) }),
      })
      .map(({ more, ...given }): TileRules => {
        const least = minimumLength(given);
        const of = (extra: number): number => least + extra * given.multiple;
        return { ...given, fixed: { width: of(more.width), height: of(more.height) } };
      });
    fc.assert(
      fc.property(size, size, fixedRules, (size, tile, rules) => {
        const plan = planTiles(size, tile, rules);
        expect(plan.tile).toEqual(rules.fixed);
        const { context, blend, multiple } = rules;
        for (const { row, column, read, write, overlap } of plan.tiles) {
          expect([read.x % multiple, read.y % multiple]).toEqual([0, 0]);
          expect(read.width).toBeLessThanOrEqual(plan.tile.width);
          expect(read.height).toBeLessThanOrEqual(plan.tile.height);
          // Only what lies at the right or bottom edge is filled.
          if (column < plan.columns - 1) {
            const right = at(plan.tiles, row * plan.columns + column + 1);
            expect(read.width).toBe(plan.tile.width);
            expect(write.x + write.width - right.write.x).toBe(blend);
            expect(read.x + read.width - write.x - write.width).toBeGreaterThanOrEqual(context);
          } else expect(write.x + write.width).toBe(size.width);
          if (column > 0) expect(write.x - read.x).toBeGreaterThanOrEqual(context);
          if (row < plan.rows - 1) {
            const below = at(plan.tiles, (row + 1) * plan.columns + column);
            expect(read.height).toBe(plan.tile.height);
            expect(write.y + write.height - below.write.y).toBe(blend);
            expect(read.y + read.height - write.y - write.height).toBeGreaterThanOrEqual(context);
          } else expect(write.y + write.height).toBe(size.height);
          if (row > 0) expect(write.y - read.y).toBeGreaterThanOrEqual(context);
          expect(write.width).toBeGreaterThan(overlap.left + overlap.right - 1);
          expect(write.height).toBeGreaterThan(overlap.top + overlap.bottom - 1);
        }
      }),
    );
  });
});
