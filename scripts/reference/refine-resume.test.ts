/** Refining that goes on in another engine, maybe on another backend: its tiles must be those of the one before. */

import { expect, it } from 'vitest';
import { withDefaults } from '../../src/recipes/refine.ts';
import { prepareRefine, vaeTileOn, type OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { emptyStore, merges, nodeOpener, runPass, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

/** One tile of the VAE where they may be large, and two where they may not. */
const size = { width: 400, height: 64 };
const step = withDefaults({ kind: 'refine', steps: 1, guidance: 1 });
const files = tinyDiffusion();

async function opened(vaeTile?: number): Promise<OpenedRefine> {
  const how = { precision: 'fp32', flash: false, ...(vaeTile === undefined ? {} : { vaeTile }) } as const;
  const made = await prepareRefine(step, { files, merges }, size, how, nodeOpener().open, () => undefined);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

it('keeps to the tiles that a checkpoint tells', async () => {
  const input = await storeOf(size, (x, y) => (x + y) / 500);
  const context = { input, output: emptyStore(size), notice: () => undefined };
  const first = refinePass(context, await opened(64));
  await runPass(first, 0, 2);
  const { refine } = first.state();
  if (!refine) throw new Error('Nothing was kept.');
  expect(refinePass(context, await opened()).tiles).toBe(first.tiles + 2);
  const next = refinePass(context, { ...(await opened(refine.vaeTile)), resumed: structuredClone(refine) });
  expect(next.tiles).toBe(first.tiles);
  await runPass(next, 2);
  await first.release?.();
  await next.release?.();
});

it('binds no more than 128 MiB on a GPU, and takes larger tiles where nothing is bound', () => {
  expect([vaeTileOn('webgpu', 'fp16'), vaeTileOn('webgpu', 'fp32'), vaeTileOn('wasm', 'fp32')]).toEqual([
    64, 44, 64,
  ]);
});
