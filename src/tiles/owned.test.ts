import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownedParts } from './owned.ts';
import { padPlanes } from './pad.ts';
import { planTiles } from './plan.ts';

const side = fc.integer({ min: 1, max: 400 });
const maps = fc.constantFrom(
  { multiple: 2, rate: 1 / 2, extra: 12 },
  { multiple: 2, rate: 1, extra: 7 },
  { multiple: 4, rate: 3 / 4, extra: 3 },
  { multiple: 1, rate: 1, extra: 0 },
);

describe('ownedParts', () => {
  it('gives every place of the map to exactly one tile, inside of what that tile sees', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 200 }), maps, (width, height, asked, map) => {
        const rules = { context: 20, blend: 8, multiple: map.multiple, least: 20 };
        const plan = planTiles({ width, height }, { width: asked, height: asked }, rules);
        const filled = padPlanes(new Float32Array(3 * width * height), { width, height }, rules).size;
        const across = filled.width * map.rate + map.extra;
        const down = filled.height * map.rate + map.extra;
        const owners = new Uint8Array(across * down);
        const parts = ownedParts(plan, filled, map.multiple, map);
        for (const [index, { read }] of plan.tiles.entries()) {
          const part = parts[index];
          if (!part) throw new Error('A tile without a part');
          const [top, left] = [read.y * map.rate, read.x * map.rate];
          for (let y = part.from[0]; y < part.to[0]; y++) {
            for (let x = part.from[1]; x < part.to[1]; x++) {
              const place = (y + top) * across + x + left;
              owners[place] = (owners[place] ?? 0) + 1;
            }
          }
          expect(Math.min(...part.from)).toBeGreaterThanOrEqual(0);
          expect(part.share).toBeGreaterThan(0);
        }
        expect(owners.every((count) => count === 1)).toBe(true);
        expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
      { numRuns: 60 },
    );
  });
});
