import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import type { PixelBlock } from '../picture/pixel-store.ts';
import { planTiles } from './plan.ts';
import { seamRatio } from './seam.ts';

const scale = 2;
const plan = planTiles(
  { width: 150, height: 100 },
  { width: 80, height: 80 },
  { context: 8, blend: 8, multiple: 1 },
);

function picture(value: (x: number, y: number) => number): PixelBlock {
  const width = plan.size.width * scale;
  const height = plan.size.height * scale;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < data.length; i += 4) {
    data.fill(value((i / 4) % width, Math.floor(i / 4 / width)), i, i + 3);
  }
  return { width, height, data };
}

const texture = (x: number, y: number): number => 120 + 40 * Math.sin(x * 0.1) * Math.cos(y * 0.13);
const flat = (): number => 90;
/** One tile brighter than its neighbours by some levels, from the given place in its rim on. */
function brighter(base: (x: number, y: number) => number, levels: number, part: number): PixelBlock {
  const { write } = at(plan.tiles, 1);
  const from = Math.round((write.x + 8 * part) * scale);
  return picture((x, y) => base(x, y) + (x >= from ? levels : 0));
}

describe('seamRatio', () => {
  it('is 1 for a result that equals the untiled one', () => {
    expect(plan.tiles.length).toBeGreaterThan(3);
    expect(seamRatio(picture(texture), picture(texture), plan, scale)).toBe(1);
    expect(seamRatio(picture(flat), picture(flat), plan, scale)).toBe(1);
  });

  it('shows a step wherever in the rim it is', () => {
    for (const part of [0, 0.5, 1]) {
      expect(seamRatio(brighter(texture, 8, part), picture(texture), plan, scale)).toBeGreaterThan(1.05);
      expect(seamRatio(brighter(flat, 1, part), picture(flat), plan, scale)).toBeGreaterThan(1.2);
    }
  });

  it('does not take even change for a seam', () => {
    expect(
      seamRatio(
        picture((x, y) => texture(x, y) + 5),
        picture(texture),
        plan,
        scale,
      ),
    ).toBeCloseTo(1, 2);
  });

  it('is 1 where there is only one tile', () => {
    const lone = planTiles(plan.size, { width: 200, height: 200 }, { context: 8, blend: 8, multiple: 1 });
    expect(seamRatio(picture(texture), picture(flat), lone, scale)).toBe(1);
  });
});
