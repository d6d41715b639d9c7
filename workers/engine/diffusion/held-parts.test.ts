import { expect, it } from 'vitest';
import type { Failure } from '../../../src/base/errors.ts';
import { ok } from '../../../src/base/result.ts';
import { HeldParts } from './held-parts.ts';
import type { LoadedPart } from './loaded-model.ts';

const form = { batch: 1, width: 1, height: 1, tokens: 1 };

it('says that a graph of one precision is no good, as it has no other', async () => {
  const notices: Failure[] = [];
  const asked: string[] = [];
  const part: LoadedPart = {
    weights: new Blob(),
    fixed: true,
    graph: (_, precision) => {
      asked.push(precision);
      return ok({ name: 'x', opset: 17, inputs: [], outputs: [], nodes: [], initializers: [] });
    },
  };
  const session = {
    run: () => Promise.resolve(ok({ noise: Float32Array.of(NaN) })),
    release: () => Promise.resolve(),
  };
  const parts = new HeldParts<'unet'>(() => Promise.resolve(ok(session)), {
    part: () => part,
    names: { unet: 'UNet' },
    stays: () => true,
    precision: 'fp16',
    wayOut: 'take another',
    notice: (notice) => notices.push(notice),
  });
  expect(await parts.run('unet', form, {}, 'noise')).toMatchObject({
    ok: false,
    error: { code: 'model-damaged' },
  });
  expect(asked).toEqual(['fp16']);
  expect(notices).toEqual([]);
});
