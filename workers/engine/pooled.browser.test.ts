/** Networks that compute with means over the whole picture, in tiles: the same picture, whatever happens on the way. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Size } from '../../src/picture/geometry.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { JobEvent } from '../../src/protocol/engine.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { Desk, maxDifference, testPicture } from './testing/desk.ts';
import { familyModel } from './testing/family-model.ts';

/** Seeded weights hardly move what the means feed; these do, by exact factors. */
const model = await familyModel('cunet-2x', (tensor) => {
  if (/seblock.*weight$/.test(tensor)) return 64;
  return tensor === 'unet2.conv_bottom.weight' ? 16 : 1;
});
const twice: Recipe = { version: 1, steps: [{ kind: 'upscale', model: 'cunet-2x', size: { by: 2 } }] };
const { context, blend } = model.card.tiles;
/** Small, so that a small picture has several tiles. */
const tile = 2 * context + blend + 16;
const job = { pictureId: 'picture', recipe: twice, models: [model] };
const whole = { ...job, tile: 1000 };

let desk: Desk;

beforeAll(async () => {
  desk = new Desk();
  const started = await desk.engine.start({ choice: 'wasm', threads: 2 });
  if (!started.ok) throw new Error(started.error.message);
});

afterAll(() => {
  desk.end();
});

/** Its upper half is dark, so that the tiles' own means differ. */
function uneven(size: Size, alpha: (x: number) => number): PixelBlock {
  const picture = testPicture(size, alpha);
  for (let i = 0; i < picture.data.length / 2; i++)
    if (i % 4 !== 3) picture.data[i] = (picture.data[i] ?? 0) / 5;
  return picture;
}

describe('shared means', () => {
  it('matter in this network: a part on its own is enlarged otherwise', async () => {
    const size = { width: 2 * tile, height: 2 * tile };
    await desk.put(
      'picture',
      uneven(size, () => 255),
    );
    const cut = await desk.engine.crop('picture', { x: 0, y: 0, width: tile, height: tile }, 'part');
    expect(cut.ok).toBe(true);
    const part = await desk.enlarge({ ...whole, pictureId: 'part' });
    const expected = await desk.enlarge(whole);
    let farthest = 0;
    const sees = 2 * (tile - context);
    for (let y = 0; y < sees; y++) {
      for (let i = 0; i < 4 * sees; i++) {
        const [one = 0, other = 0] = [
          part.picture.data[y * part.picture.width * 4 + i],
          expected.picture.data[y * expected.picture.width * 4 + i],
        ];
        farthest = Math.max(farthest, Math.abs(one - other));
      }
    }
    expect(farthest).toBeGreaterThan(2);
  });

  it.each([
    [{ width: 2 * tile + 7, height: tile + 31 }, (): number => 255, 6],
    [{ width: 37, height: 3 * tile - 5 }, (): number => 255, 3],
    [{ width: tile + 20, height: tile + 9 }, (x: number) => (x < 30 ? 40 : 200 - x), 4],
  ])('make tiles of %j the untiled picture', async (size, alpha, least) => {
    await desk.put('picture', uneven(size, alpha));
    const expected = await desk.enlarge(whole);
    const events: JobEvent[] = [];
    const tiled = await desk.enlarge({ ...job, tile }, (event) => events.push(event));
    expect(expected.done.tiles).toBe(1);
    // Four gathering runs for every run for pixels, and as many again where alpha varies.
    const runs = alpha(0) === alpha(50) ? 5 : 9;
    expect(tiled.done.tiles / runs).toBeGreaterThanOrEqual(least);
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
