import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import { area } from '../../picture/geometry.ts';
import { cutPlanes } from '../../tiles/cut.ts';
import { planJoint, type JointPlan } from './joint.ts';
import { LatentJoiner } from './latent-joiner.ts';
import type { Weighting } from './weights.ts';

const side = fc.oneof(fc.integer({ min: 8, max: 64 }), fc.integer({ min: 8, max: 900 }));
const weighting = fc.constantFrom<Weighting>('gaussian', 'uniform');
const tileSide = fc.integer({ min: 6, max: 24 });
const plans = fc
  .record({ width: side, height: side, across: tileSide, down: tileSide, overlap: fc.nat(5) })
  .map(({ width, height, across, down, overlap }) =>
    planJoint({ width, height }, { tile: { width: across, height: down }, overlap }),
  );

function joinAll(plan: JointPlan, weighting: Weighting, of: (index: number) => Float32Array): Float32Array {
  const joiner = new LatentJoiner(plan.grid, 4, weighting);
  for (const tile of plan.grid.tiles) joiner.add(tile, of(tile.index));
  return joiner.take();
}

describe('planJoint', () => {
  it('pads any picture to whole places and at least one tile', () => {
    fc.assert(
      fc.property(plans, ({ picture, padded, grid }) => {
        expect([grid.size.width * 8, grid.size.height * 8]).toEqual([padded.width, padded.height]);
        expect(padded.width).toBeGreaterThanOrEqual(picture.width);
        const more = padded.width - picture.width;
        expect(more < 8 || padded.width === grid.tile.width * 8).toBe(true);
        expect(padded.height === grid.tile.height * 8 || padded.height - picture.height < 8).toBe(true);
      }),
    );
  });

  it('has by default tiles of 512 pixels, 64 of them shared', () => {
    const plan = planJoint({ width: 2048, height: 500 });
    expect(plan.padded).toEqual({ width: 2048, height: 512 });
    expect(plan.grid.columns).toEqual([0, 48, 96, 144, 192]);
    expect(plan.grid.rows).toEqual([0]);
  });
});

describe('LatentJoiner', () => {
  it('joins parts of one map to that map, whatever the tiles', () => {
    fc.assert(
      fc.property(plans, weighting, (plan, weighting) => {
        const { size } = plan.grid;
        const map = Float32Array.from({ length: 4 * area(size) }, (_, i) => Math.sin(i * 1.7) * 4);
        const joined = joinAll(plan, weighting, (index) =>
          cutPlanes(map, size, at(plan.grid.tiles, index).rect),
        );
        expect(joined.length).toBe(map.length);
        const worst = joined.reduce((most, value, i) => Math.max(most, Math.abs(value - at(map, i))), 0);
        expect(worst).toBeLessThan(4e-6);
      }),
      { numRuns: 50 },
    );
  });

  it('stays between what the tiles say, and says what a tile says where it is alone', () => {
    const plan = planJoint({ width: 800, height: 300 }, { tile: { width: 40, height: 20 }, overlap: 8 });
    const joined = joinAll(plan, 'gaussian', (index) => new Float32Array(4 * 800).fill(index));
    const last = plan.grid.tiles.length - 1;
    expect(at(joined, 0)).toBe(0);
    expect(at(joined, joined.length - 1)).toBe(last);
    for (const value of joined) expect(value >= 0 && value <= last + 1e-5).toBe(true);
  });

  it('takes every tile once, and then begins anew', () => {
    const plan = planJoint({ width: 700, height: 512 });
    const joiner = new LatentJoiner(plan.grid);
    const tile = at(plan.grid.tiles, 0);
    const ones = new Float32Array(4 * 64 * 64).fill(1);
    joiner.add(tile, ones);
    expect(() => joiner.add(tile, ones)).toThrow('before');
    expect(() => joiner.take()).toThrow('1 of 2');
    expect(() => joiner.add(at(plan.grid.tiles, 1), ones.subarray(1))).toThrow('values');
    joiner.add(at(plan.grid.tiles, 1), ones);
    const first = joiner.take();
    for (const tile of plan.grid.tiles) joiner.add(tile, ones);
    expect(joiner.take()).toEqual(first);
  });
});
