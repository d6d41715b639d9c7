/** How far a small diffusion model's parts are from their originals, once in few bits; the engine's own measure, in Node. */

import { expect, it } from 'vitest';
import { findParts } from '../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../src/architectures/diffusion/checkpoint-files.ts';
import { storePart } from '../../src/architectures/diffusion/store-parts.ts';
import { ok } from '../../src/base/result.ts';
import { blobStore } from '../../src/formats/appended-table.ts';
import { relativeRms, measureDrift } from '../../workers/engine/diffusion/drift.ts';
import type { OpenPart, PartSession } from '../../workers/engine/diffusion/part-session.ts';
import { miniDiffusion, miniDrifts } from './mini-diffusion.ts';
import { nodeOpener } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

const original = miniDiffusion();
const options = { precision: 'fp32', flash: false, cancelled: async () => false } as const;

it('is nothing for equal parts, of which one at a time is held', async () => {
  for (const part of ['unet', 'text-encoder', 'vae'] as const) {
    const opener = nodeOpener();
    const drift = await measureDrift(
      { part, original, variant: original },
      { ...options, open: opener.open },
    );
    expect(drift).toEqual({ ok: true, value: 0 });
    expect([opener.held(), opener.most()]).toEqual([0, 1]);
  }
});

it('tells a part that is missing, and one that is another', async () => {
  const { open } = nodeOpener();
  const without = original.filter(({ name }) => !name.startsWith('unet/'));
  const missing = await measureDrift({ part: 'unet', original, variant: without }, { ...options, open });
  expect(missing).toMatchObject({ ok: false, error: { code: 'model-unavailable' } });
  const other = tinyDiffusion('epsilon', 'f16');
  const strange = await measureDrift({ part: 'unet', original, variant: other }, { ...options, open });
  expect(strange).toMatchObject({ ok: false, error: { code: 'model-unsupported' } });
});

it('is ended between two calls, and nothing stays open', async () => {
  const opener = nodeOpener();
  let asked = 0;
  const cancelled = async (): Promise<boolean> => ++asked > 3;
  const ended = await measureDrift(
    { part: 'unet', original, variant: original },
    { ...options, open: opener.open, cancelled },
  );
  expect(ended).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  expect(asked).toBe(4);
  expect(opener.held()).toBe(0);
});

it('does not widen what is too large for a GPU without half precision, which then takes 8 bits', async () => {
  const read = await readDiffusionFiles(original);
  const model = read.ok ? findParts(read.value.weights) : read;
  if (!model.ok) throw new Error(model.error.message);
  const plain = { ...options, halves: false };
  for (const part of ['unet', 'text-encoder', 'vae'] as const) {
    const eight = await storePart(model.value, part, 'q8', blobStore());
    const variant = eight ? [eight] : [];
    const opener = nodeOpener();
    const request = { part, original, variant };
    const wide = await measureDrift(request, { ...plain, widened: 0, open: opener.open });
    expect(wide).toMatchObject({ ok: false, error: { code: 'out-of-memory' } });
    expect(opener.most()).toBe(0);
    const few = { part, original: variant, variant };
    const same = await measureDrift(few, { ...plain, widened: 0, open: opener.open });
    expect(same).toEqual({ ok: true, value: 0 });
    expect((await measureDrift(request, { ...plain, open: opener.open })).ok).toBe(true);
  }
});

it('does not widen it either where half precision gives values that are no numbers', async () => {
  let opened = 0;
  const open: OpenPart = async () => {
    opened++;
    const run = async (): ReturnType<PartSession['run']> => ok({ sample: Float32Array.of(NaN) });
    return ok({ run, release: async () => undefined });
  };
  const request = { part: 'vae', original, variant: original } as const;
  const half = { ...options, precision: 'fp16', open } as const;
  const wide = await measureDrift(request, { ...half, widened: 0 });
  expect(wide).toMatchObject({ ok: false, error: { code: 'out-of-memory' } });
  expect(opened).toBe(1);
  expect(await measureDrift(request, half)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
});

it.each(['q8', 'q4'] as const)('is what the engine measures in a browser too, of %s', async (storage) => {
  const read = await readDiffusionFiles(original);
  const model = read.ok ? findParts(read.value.weights) : read;
  if (!model.ok) throw new Error(model.error.message);
  for (const part of ['unet', 'text-encoder', 'vae'] as const) {
    const file = await storePart(model.value, part, storage, blobStore());
    const request = { part, original, variant: file ? [file] : [] };
    const drift = await measureDrift(request, { ...options, open: nodeOpener().open });
    if (!drift.ok) throw new Error(drift.error.message);
    expect(drift.value).toBeCloseTo(miniDrifts[storage][part], 4);
  }
});

it('is relative to what is expected', () => {
  const expected = [Float32Array.of(3, 4), Float32Array.of(0, 12)];
  expect(relativeRms([Float32Array.of(3, 4), Float32Array.of(0, 12)], expected)).toBe(0);
  expect(relativeRms([Float32Array.of(3, 4), Float32Array.of(0, 25)], expected)).toBeCloseTo(1, 12);
});
