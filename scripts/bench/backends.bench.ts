/**
 * Every shipped network on WebGPU against WASM, on the same small picture in several tiles. Without a GPU this
 * is the software adapter, which is slow: minutes for the deep networks.
 */

import { describe, expect, it } from 'vitest';
import { Desk, maxDifference, testPicture } from '../../workers/engine/testing/desk.ts';
import { must } from './must.ts';
import { shippedModels } from './shipped.ts';

const picture = testPicture({ width: 24, height: 16 });
const models = await shippedModels();

describe('backends', () => {
  it.each(models)('$card.id agrees within 2/255', async (model) => {
    const results = [];
    const words = [];
    for (const choice of ['wasm', 'webgpu'] as const) {
      const desk = new Desk();
      must(await desk.engine.start({ choice, threads: 2 }));
      const { done, picture: result } = await desk.enlarge({
        pictureId: await put(desk),
        recipe: {
          version: 1,
          steps: [{ kind: 'upscale', model: model.card.id, size: { by: model.card.scale } }],
        },
        models: [model],
      });
      desk.end();
      expect(done.backend.backend).toBe(choice);
      results.push(result);
      words.push(`${choice} ${done.backend.precision} ${done.seconds.run.toFixed(1)} s`);
    }
    const [wasm, webgpu] = results;
    const most = wasm && webgpu ? maxDifference(wasm, webgpu) : Infinity;
    console.log(`backends ${model.card.id}: ${words.join(', ')}, most ${most}/255`);
    expect(most).toBeLessThanOrEqual(2);
  });
});

async function put(desk: Desk): Promise<string> {
  await desk.put('picture', picture);
  return 'picture';
}
