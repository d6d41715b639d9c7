import { expect, it } from 'vitest';
import { findParts } from '../architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../architectures/diffusion/checkpoint-files.ts';
import { sampleFiles } from '../architectures/diffusion/sample-files.ts';
import { configFiles, storePart } from '../architectures/diffusion/store-parts.ts';
import { blobStore } from '../formats/appended-table.ts';
import { recogniseDiffusion } from './diffusion-files.ts';

it('counts the numbers of a part, however many bits they have', async () => {
  const files = [{ name: 'old.safetensors', blob: sampleFiles.checkpoint() }];
  const plain = await recogniseDiffusion(files);
  const read = await readDiffusionFiles(files);
  const model = read.ok ? findParts(read.value.weights) : read;
  if (!plain.ok || !model.ok) throw new Error('It is not recognised');
  const made = await Promise.all(
    (['unet', 'text-encoder', 'vae'] as const).map((part) => storePart(model.value, part, 'q4', blobStore())),
  );
  const folder = [...made.flatMap((file) => file ?? []), ...configFiles(model.value, model.value)];
  const small = await recogniseDiffusion(folder.map(({ name, blob }) => ({ name: `small/${name}`, blob })));
  if (!small.ok) throw new Error(small.error.message);
  expect(small.value.model.parts).toEqual(plain.value.model.parts);
  expect(small.value.model).toMatchObject({ name: 'small', base: 'sd1' });
  expect(small.value.files.map(({ name }) => name).toSorted()).toEqual(
    folder.map(({ name }) => `small/${name}`).toSorted(),
  );
});
