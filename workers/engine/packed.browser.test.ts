/** Parts of few bits in the real engine: what they give is as near to their originals as it is in another runtime. */

import { afterEach, expect, it } from 'vitest';
import { miniDiffusion, miniDrifts } from '../../scripts/reference/mini-diffusion.ts';
import { tinyDiffusion } from '../../scripts/reference/tiny-diffusion.ts';
import { findParts } from '../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../src/architectures/diffusion/checkpoint-files.ts';
import { configFiles, storePart, type PartStorage } from '../../src/architectures/diffusion/store-parts.ts';
import { blobStore } from '../../src/formats/appended-table.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { Desk, testPicture } from './testing/desk.ts';

const parts = ['unet', 'text-encoder', 'vae'] as const;
const slow = { timeout: 400_000 };

async function packed(original: readonly NamedBlob[], storage: PartStorage): Promise<NamedBlob[]> {
  const read = await readDiffusionFiles(original);
  const model = read.ok ? findParts(read.value.weights, read.value.configs) : read;
  if (!model.ok) throw new Error(model.error.message);
  const made = await Promise.all(parts.map((part) => storePart(model.value, part, storage, blobStore())));
  return [...made.flatMap((file) => file ?? []), ...configFiles(model.value, model.value)];
}

let desk: Desk;

async function open(choice: 'wasm' | 'webgpu'): Promise<void> {
  desk = new Desk();
  const started = await desk.engine.start({ choice, threads: 2 });
  if (!started.ok) throw new Error(started.error.message);
}

afterEach(() => {
  desk.end();
});

it.each([
  ['wasm', 'q8', parts],
  // And convolutions in 8 bits. The UNet has all operators of the others, and shaders take long here.
  ['webgpu', 'q4', ['unet']],
] as const)(
  'parts are as far from their originals on %s as elsewhere, in %s',
  slow,
  async (choice, storage, asked) => {
    await open(choice);
    const original = miniDiffusion();
    const variant = await packed(original, storage);
    for (const part of asked) {
      const drift = await desk.engine.drift({ part, original, variant, jobId: 'drift' });
      if (!drift.ok) throw new Error(drift.error.message);
      expect(drift.value.backend).toBe(choice);
      expect(Math.abs(drift.value.relative / miniDrifts[storage][part] - 1)).toBeLessThan(0.01);
    }
  },
);

it('a picture is redrawn by a whole model of few bits', async () => {
  await open('wasm');
  const original = tinyDiffusion('epsilon', 'f16');
  const merges = await (await fetch('/models/clip/merges.txt')).blob();
  await desk.put('picture', testPicture({ width: 64, height: 64 }));
  const redrawn = async (files: readonly NamedBlob[]): Promise<PixelBlock> => {
    const step = { kind: 'refine', prompt: 'a photo', steps: 5, seed: 5 } as const;
    const recipe = { version: 1, steps: [step] } as const;
    const job = { pictureId: 'picture', recipe, models: [], diffusion: { files, merges } };
    return (await desk.enlarge(job)).picture;
  };
  const [few, full] = [await redrawn(await packed(original, 'q8')), await redrawn(original)];
  let sum = 0;
  for (const [at, value] of few.data.entries()) sum += Math.abs(value - (full.data[at] ?? NaN));
  expect(sum / few.data.length).toBeGreaterThan(0.01);
  expect(sum / few.data.length).toBeLessThan(3);
});
