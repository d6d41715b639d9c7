import { expect, it } from 'vitest';
import { parseRecipe } from '../../recipes/validate.ts';
import { parseRedraw, redrawModes } from './redraw.ts';

it('holds the overlap to half a tile, as recipes do, and a padding to its own most', () => {
  const overlaps = (tile: number): number[] =>
    redrawModes.map((mode) => parseRedraw({ mode, tile, overlap: 512 }).overlap);
  expect(overlaps(64)).toEqual([32, 32, 512]);
  expect(overlaps(512)).toEqual([256, 256, 512]);
  expect(overlaps(2048)).toEqual([512, 512, 512]);
  for (const mode of ['joint', 'sd-upscale'] as const) {
    const { tile, overlap } = parseRedraw({ mode, tile: 192, overlap: 190 });
    const steps = [{ kind: 'refine', tiles: { mode, tile, overlap } }];
    expect(parseRecipe({ version: 1, steps })).toMatchObject({ ok: true });
  }
});
