/** A tiny diffusion model stored in half precision and in fewer bits: found again as what it was, in the room that was told, and near to it. */

import { expect, it } from 'vitest';
import { findParts, type FoundModel } from '../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../src/architectures/diffusion/checkpoint-files.ts';
import {
  configFiles,
  hasPart,
  storedBytes,
  storePart,
  type PartStorage,
  type StoredPart,
} from '../../src/architectures/diffusion/store-parts.ts';
import { widenedValues } from '../../src/architectures/diffusion/widened.ts';
import { blobStore } from '../../src/formats/appended-table.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import { measureDrift } from '../../workers/engine/diffusion/drift.ts';
import { nodeOpener } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

const parts = ['unet', 'text-encoder', 'vae', 'controlnet'] as const;
const original = tinyDiffusion('v', 'f32', { control: true });

async function found(files: readonly NamedBlob[]): Promise<FoundModel> {
  const read = await readDiffusionFiles(files);
  const model = read.ok ? findParts(read.value.weights, read.value.configs) : read;
  if (!model.ok) throw new Error(model.error.message);
  return model.value;
}

async function stored(model: FoundModel, part: StoredPart, storage: PartStorage): Promise<NamedBlob> {
  const made = await storePart(model, part, storage, blobStore());
  if (!made) throw new Error('It was ended');
  return made;
}

async function copyOf(model: FoundModel, storage: PartStorage): Promise<NamedBlob[]> {
  const files = await Promise.all(parts.map((part) => stored(model, part, storage)));
  return [...files, ...configFiles(model, model)];
}

/** What is known of a model, but for where its bytes lie. */
function known(model: FoundModel): unknown {
  const structures = Object.entries(model.parts).map(([kind, part]): [string, unknown] => [
    kind,
    part?.structure,
  ]);
  return { ...model, parts: Object.fromEntries(structures) };
}

it.each(['half', 'q8', 'q4'] as const)(
  'stored as %s is the same model, in the bytes that were told',
  { timeout: 60_000 },
  async (storage) => {
    const model = await found(original);
    const files = await copyOf(model, storage);
    expect(known(await found(files))).toEqual(known(model));
    for (const [at, part] of parts.entries()) {
      expect(files[at]?.blob.size).toBe(storedBytes(model, part, storage));
    }
  },
);

it.each([
  ['unet', 'q8', 0.03],
  ['unet', 'q4', 0.2],
  ['text-encoder', 'q4', 0.2],
  ['vae', 'half', 0.002],
  ['vae', 'q8', 0.02],
] as const)('%s stored as %s gives nearly what it gave', { timeout: 60_000 }, async (part, storage, most) => {
  const variant = [await stored(await found(original), part, storage)];
  const { open } = nodeOpener();
  const options = { precision: 'fp32', flash: false, open, cancelled: async () => false } as const;
  const without = original.filter(({ name }) => part !== 'unet' || !name.startsWith('text_encoder/'));
  const drift = await measureDrift({ part, original: without, variant }, options);
  if (!drift.ok) throw new Error(drift.error.message);
  expect(drift.value).toBeGreaterThan(1e-5);
  expect(drift.value).toBeLessThan(most);
});

it('takes less room the fewer bits there are', async () => {
  const model = await found(original);
  for (const part of parts) {
    const [half, q8, q4] = (['half', 'q8', 'q4'] as const).map((storage) =>
      storedBytes(model, part, storage),
    );
    expect(q8).toBeLessThan(half ?? 0);
    expect(q4).toBeLessThan(q8 ?? 0);
  }
});

it('in few bits already stays so, unless fewer are wanted', async () => {
  const model = await found(original);
  const eight = await found(await copyOf(model, 'q8'));
  const bytesOf = async (file: NamedBlob): Promise<Buffer> => Buffer.from(await file.blob.arrayBuffer());
  const once = await bytesOf(await stored(model, 'unet', 'q8'));
  for (const storage of ['half', 'q8'] as const) {
    expect(once.equals(await bytesOf(await stored(eight, 'unet', storage)))).toBe(true);
  }
  const less = await stored(eight, 'unet', 'q4');
  expect(less.blob.size).toBe(storedBytes(model, 'unet', 'q4'));
  expect(less.blob.size).toBe(storedBytes(eight, 'unet', 'q4'));
  const name = 'mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight';
  const four = await found([less]);
  const valuesIn = async ({ parts: { unet } }: FoundModel): Promise<Float32Array> =>
    (unet && (await widenedValues(unet.table, name))) ?? new Float32Array();
  const [first, last] = [await valuesIn(model), await valuesIn(four)];
  const largest = Math.max(...first.map(Math.abs));
  const off = Math.max(...first.map((value, at) => Math.abs(value - (last[at] ?? NaN))));
  // At most a step, which the far end of a block's range may be off.
  expect(off).toBeGreaterThan(0);
  expect(off).toBeLessThan((largest / 8) * 1.05);
});

it('keeps what half precision cannot hold, and leaves out what no network needs', async () => {
  const [text] = original;
  if (!text) throw new Error('No text encoder');
  const { parts: all } = await found([text]);
  const table = all['text-encoder']?.table;
  if (!table) throw new Error('No text encoder');
  const large = ['text_model.final_layer_norm.weight', 'text_model.encoder.layers.0.mlp.fc1.weight'];
  const changed = await withValue(table, large, 1e6);
  const mask = { name: 'mask', dtype: 'f32', shape: [4], offset: 0, bytes: 16 } as const;
  const tensors = new Map([...changed.tensors, ['mask', mask] as const]);
  const model = await found([
    { name: 'text.safetensors', blob: writeSafetensors({ ...changed, tensors }, {}) },
  ]);
  const made = await found([await stored(model, 'text-encoder', 'q8')]);
  const kept = made.parts['text-encoder']?.table.tensors;
  for (const name of large) expect(kept?.get(name)?.dtype).toBe('f32');
  expect(kept?.get('text_model.embeddings.token_embedding.weight')?.dtype).toBe('f16');
  expect(kept?.has('text_model.encoder.layers.1.mlp.fc1.weight.q8')).toBe(true);
  expect(kept?.has('mask')).toBe(false);
});

it('tells of a model what its tensors do not', async () => {
  const model = await found(original);
  expect(model.prediction).toBe('v');
  const text = await stored({ ...model, base: 'sd2', clipSkip: 2 }, 'text-encoder', 'half');
  const unet = await stored(model, 'unet', 'half');
  for (const sampling of ['lcm', 'turbo', null] as const) {
    const told = { prediction: 'epsilon', sampling } as const;
    const again = await found([text, unet, ...configFiles({ ...model, latentScale: 0.5 }, told)]);
    expect(again).toMatchObject({ ...told, latentScale: 0.5, clipSkip: 3 });
  }
  const untold = await found([unet, ...configFiles(model, { prediction: null, sampling: null })]);
  expect(untold).toMatchObject({ prediction: null, sampling: null });
});

it('ends when it is told to, and says what a model does not have', async () => {
  const model = await found(original);
  let calls = 0;
  expect(await storePart(model, 'unet', 'q8', blobStore(), () => ++calls < 3)).toBeNull();
  expect(calls).toBe(3);
  const only = await found(original.filter(({ name }) => name.startsWith('vae/')));
  expect(parts.map((part) => hasPart(only, part))).toEqual([false, false, true, false]);
  expect(storedBytes(only, 'unet', 'half')).toBe(0);
});

/** The table with one value of each of these tensors replaced. */
async function withValue(
  { blob, tensors }: TensorTable,
  names: readonly string[],
  value: number,
): Promise<TensorTable> {
  let changed = blob;
  for (const name of names) {
    const offset = tensors.get(name)?.offset ?? NaN;
    changed = new Blob([changed.slice(0, offset), Float32Array.of(value), changed.slice(offset + 4)]);
  }
  return { blob: changed, tensors };
}
