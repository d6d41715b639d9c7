/** Networks that compute with means over the whole picture, in tiles: the same picture, whatever happens on the way. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobEvent } from '../../src/protocol/engine.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { Desk, maxDifference, testPicture } from './testing/desk.ts';
import { familyModel } from './testing/family-model.ts';

const model = await familyModel('cunet-2x');
const twice: Recipe = { version: 1, steps: [{ kind: 'upscale', model: 'cunet-2x', size: { by: 2 } }] };
const { context, blend } = model.card.tiles;
/** Small, so that a small picture has several tiles. */
const tile = 2 * context + blend + 16;
const job = { pictureId: 'picture', recipe: twice, models: [model] };
const whole = { ...job, tile: 1000 };

let desk: Desk;

beforeEach(async () => {
  desk = new Desk();
  const started = await desk.engine.start({ choice: 'wasm', threads: 2 });
  if (!started.ok) throw new Error(started.error.message);
});

afterEach(() => {
  desk.end();
});

describe('shared means', () => {
  it.each([
    [{ width: 2 * tile + 7, height: tile + 31 }, () => 255],
    [{ width: 37, height: 3 * tile - 5 }, () => 255],
    [{ width: tile + 20, height: tile + 9 }, (x: number) => (x < 30 ? 40 : 200 - x)],
  ])('make tiles of %j the untiled picture', async (size, alpha) => {
    // One side is dark, so that the tiles' own means would differ.
    const picture = testPicture(size, alpha);
    for (let i = 0; i < picture.data.length / 2; i++)
      if (i % 4 !== 3) picture.data[i] = (picture.data[i] ?? 0) / 5;
    await desk.put('picture', picture);
    const expected = await desk.enlarge(whole);
    const events: JobEvent[] = [];
    const tiled = await desk.enlarge({ ...job, tile }, (event) => events.push(event));
    expect(expected.done.tiles).toBe(1);
    expect(tiled.done.tiles).toBeGreaterThan(4);
    expect(maxDifference(tiled.picture, expected.picture)).toBeLessThanOrEqual(1);
    const ticks = events.filter((event) => event.kind === 'tile');
    expect(ticks.at(-1)).toMatchObject({ tile: tiled.done.tiles, tiles: tiled.done.tiles, progress: 1 });
  });

  it('can be cancelled while they are gathered', async () => {
    await desk.put('picture', testPicture({ width: tile + 30, height: tile + 12 }));
    const outcome = await desk.engine.run(
      { ...job, jobId: 'job', resultId: 'result', previewPixels: 0, tile },
      (event) => {
        if (event.kind === 'tile' && event.tile === 1) void desk.engine.cancel('job');
      },
    );
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'cancelled' } });
    expect(await desk.has('result')).toBe(false);
  });
});
