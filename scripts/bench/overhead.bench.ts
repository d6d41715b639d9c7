/**
 * What the engine adds to the network: its `run` seconds for `photo-fast` on WASM with 2 threads, against
 * one bare `session.run` over the whole picture, in the same page and by turns.
 */

import { wrap } from 'comlink';
import { describe, expect, it } from 'vitest';
import type { ModelSource } from '../../src/protocol/engine.ts';
import { Desk, testPicture } from '../../workers/engine/testing/desk.ts';
import type { BareApi } from './bare.worker.ts';
import { must } from './must.ts';
import { shippedModels } from './shipped.ts';

const threads = 2;

async function engineSeconds(model: ModelSource, width: number, height: number): Promise<[number, number]> {
  const desk = new Desk();
  must(await desk.engine.start({ choice: 'wasm', threads }));
  must(await desk.engine.prepare(model));
  await desk.put('picture', testPicture({ width, height }));
  const { done } = await desk.enlarge({
    pictureId: 'picture',
    recipe: { version: 1, steps: [{ kind: 'upscale', model: model.card.id, size: { by: 4 } }] },
    models: [model],
    previewPixels: 16e6,
  });
  desk.end();
  return [done.seconds.run, done.tiles];
}

async function bareSeconds(model: ModelSource, width: number, height: number): Promise<number> {
  const worker = new Worker(new URL('./bare.worker.ts', import.meta.url), { type: 'module' });
  const times = await wrap<BareApi>(worker).run(model, width, height, threads, 1);
  worker.terminate();
  return Math.min(...times) / 1000;
}

describe('overhead', () => {
  it.each([
    [512, 512, 3],
    [1500, 1000, 2],
  ])('%i x %i', async (width, height, rounds) => {
    const model = (await shippedModels()).find(({ card }) => card.id === 'photo-fast');
    if (!model) throw new Error('The catalogue has no photo-fast.');
    const engine: number[] = [];
    const bare: number[] = [];
    let tiles = 0;
    for (let round = 0; round < rounds; round++) {
      bare.push(await bareSeconds(model, width, height));
      const [seconds, count] = await engineSeconds(model, width, height);
      engine.push(seconds);
      tiles = count;
    }
    const [ours, theirs] = [Math.min(...engine), Math.min(...bare)];
    console.log(
      `overhead ${width}x${height}: engine ${ours.toFixed(2)} s in ${tiles} tiles, bare ${theirs.toFixed(2)} s, ratio ${(ours / theirs).toFixed(3)}`,
    );
    expect(tiles).toBeGreaterThan(0);
  });
});
