/** Files of diffusion models in the library: recognised, kept as they are, opened by name; other families are refused by name. */

import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { tinyLdsr } from '../../../scripts/reference/tiny-ldsr.ts';
import { sampleFiles } from '../../../src/architectures/diffusion/sample-files.ts';
import { findParts } from '../../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import { invariant } from '../../../src/base/assert.ts';
import { fail, type Result } from '../../../src/base/result.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import { canBeSmaller } from '../../../src/models/diffusion-smaller.ts';
import type { ImportedDiffusion } from '../../../src/protocol/library-diffusion.ts';
import { base, bytesFor, FakeServer, MemoryStore } from '../testing.ts';
import { DiffusionLibrary } from './diffusion-library.ts';

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

async function started(): Promise<DiffusionLibrary> {
  const server = new FakeServer(bytesFor(100));
  const library = new DiffusionLibrary({ models: new MemoryStore(), diffusion: store }, server.fetch);
  expect((await library.start(base)).ok).toBe(true);
  return library;
}

function valueOf<T>(result: Result<T>): T {
  invariant(result.ok, result.ok ? '' : result.error.message);
  return result.value;
}

async function imported(library: DiffusionLibrary, name: string, blob: Blob): Promise<ImportedDiffusion> {
  return valueOf(await library.importDiffusion([{ name, blob }]));
}

const whole = ['unet', 'text-encoder', 'vae-encoder', 'vae-decoder'];

describe('a file with parts of a diffusion model', () => {
  it.each([
    ['a checkpoint', sampleFiles.checkpoint, whole, 'sd1'],
    ['a UNet', sampleFiles.unet, ['unet'], 'sd1'],
    ['a text encoder', sampleFiles.text, ['text-encoder'], 'sd1'],
    ['a VAE', sampleFiles.vae, ['vae-encoder', 'vae-decoder'], null],
    ['TAESD', sampleFiles.taesd, ['taesd-encoder', 'taesd-decoder'], null],
    ['a ControlNet', sampleFiles.controlnet, ['controlnet'], 'sd1'],
    ['a LoRA', sampleFiles.lora, ['lora'], 'sd1'],
    ['a LoRA for Stable Diffusion 2', () => sampleFiles.lora(1024), ['lora'], 'sd2'],
    ['a textual inversion', sampleFiles.embedding, ['embedding'], 'sd1'],
    ['one for Stable Diffusion 2', () => sampleFiles.embedding(1024), ['embedding'], 'sd2'],
  ])('is not taken for an upscaler but kept: %s', async (_, make, kinds, of) => {
    const library = await started();
    const file = new File([make()], 'given.safetensors');
    expect(await library.import([file])).toMatchObject({
      ok: false,
      error: {
        code: 'model-unrecognised',
        message: expect.stringContaining('keeps it on its Models screen') as string,
        detail: { reason: 'diffusion' },
      },
    });
    const { entry, known } = await imported(library, file.name, file);
    expect(known).toBe(false);
    expect(entry).toMatchObject({ name: 'given', base: of, bytes: file.size });
    expect(entry.parts.map(({ kind }) => kind)).toEqual(kinds);
    expect(valueOf(await library.diffusion())).toEqual([entry]);
  });

  it.each(['single', 'folder'] as const)(
    'is kept in half precision where it is latent super-resolution: %s',
    async (form) => {
      const library = await started();
      const given = tinyLdsr(form).map(({ name, blob }) => ({
        name: form === 'folder' ? `x4/${name}` : name,
        blob,
      }));
      const { entry } = valueOf(await library.importDiffusion(given));
      expect(entry.parts.map(({ kind }) => kind)).toEqual(['ldsr-unet', 'ldsr-decoder']);
      expect(entry).toMatchObject({ base: null, prediction: null, sampling: null });
      expect(canBeSmaller(entry)).toBe(false);
      const values = entry.parts.reduce((sum, part) => sum + part.values, 0);
      expect(entry.bytes / values).toBeCloseTo(2, 0);
      expect(valueOf(await (await started()).diffusion())).toEqual([entry]);
      const read = await readDiffusionFiles(valueOf(await library.openDiffusion([entry.id])));
      const { parts } = valueOf(findParts(valueOf(read).weights));
      expect([parts['ldsr-unet'], parts['ldsr-decoder']]).not.toContain(undefined);
    },
  );

  it('is told by its name where it is a LoRA that makes an LCM of a model, and by a person where nothing tells', async () => {
    const library = await started();
    const fast = await imported(library, 'pytorch-LCM_lora.safetensors', sampleFiles.lora());
    expect(fast.entry.sampling).toBe('lcm');
    const { entry } = await imported(library, 'lcm-or-not.safetensors', sampleFiles.unet());
    expect(entry.sampling).toBeNull();
    const told = { prediction: 'v', trained: 'turbo' } as const;
    expect(await library.describeDiffusion(entry.id, told)).toMatchObject({ ok: true, value: told });
    expect(valueOf(await (await started()).diffusion())).toMatchObject([{}, told]);
    // Also when it is given again.
    expect((await imported(library, 'x.safetensors', sampleFiles.unet())).entry).toMatchObject(told);
    expect(await library.describeDiffusion('none', told)).toMatchObject({ error: { code: 'model-unknown' } });
  });

  it('is there at the next visit, byte by byte, and told by its notes', async () => {
    const blob = sampleFiles.checkpoint({ 'modelspec.prediction_type': 'v', 'modelspec.title': 'X Turbo' });
    const { entry } = await imported(await started(), 'folder of mine/Old.safetensors', blob);
    expect(entry).toMatchObject({ name: 'Old', prediction: 'v', sampling: 'turbo' });
    const library = await started();
    expect(valueOf(await library.diffusion())).toEqual([entry]);
    const [opened, ...others] = valueOf(await library.openDiffusion([entry.id]));
    expect(others).toEqual([]);
    expect(opened?.name).toBe('Old.safetensors');
    const kept = new Uint8Array((await opened?.blob.arrayBuffer()) ?? new ArrayBuffer());
    expect(Buffer.compare(kept, new Uint8Array(await blob.arrayBuffer()))).toBe(0);
    // It is no model that enlarges.
    expect(await library.kept()).toEqual({ ok: true, value: [] });
    expect(valueOf(await library.stored())).toEqual([]);
  });

  it('is kept once, renamed, which its file name follows, and removed', async () => {
    const library = await started();
    const { entry } = await imported(library, 'a.safetensors', sampleFiles.lora());
    expect(await imported(library, 'b.safetensors', sampleFiles.lora())).toMatchObject({
      known: true,
      entry: { id: entry.id, name: 'a' },
    });
    expect(await library.renameDiffusion(entry.id, 'Fine/lines')).toMatchObject({
      value: { name: 'Fine/lines' },
    });
    expect(valueOf(await library.openDiffusion([entry.id])).map(({ name }) => name)).toEqual([
      'Fine-lines.safetensors',
    ]);
    expect(await library.removeDiffusion(entry.id)).toMatchObject({ ok: true });
    expect(valueOf(await library.diffusion())).toEqual([]);
    expect(await library.openDiffusion([entry.id])).toMatchObject({ error: { code: 'model-unknown' } });
  });

  it('stays apart from another one of its name', async () => {
    const library = await started();
    const one = await imported(library, 'a.safetensors', sampleFiles.lora());
    const two = await imported(library, 'a.safetensors', sampleFiles.embedding());
    const opened = valueOf(await library.openDiffusion([one.entry.id, two.entry.id]));
    expect(opened.map(({ name }) => name)).toEqual(['a.safetensors', 'a 2.safetensors']);
    expect(valueOf(await library.renameDiffusion(two.entry.id, 'a')).name).toBe('a 2');
  });

  it('is told as damaged where the store gives back other bytes', async () => {
    const { entry } = await imported(await started(), 'a.safetensors', sampleFiles.lora());
    const kept = store.models.get(entry.id);
    invariant(kept, 'not kept');
    store.models.set(entry.id, { ...kept, bytes: new Blob([new Uint8Array(entry.bytes)]) });
    expect(await (await started()).openDiffusion([entry.id])).toMatchObject({
      error: { code: 'model-damaged', message: expect.stringContaining('a.safetensors') as string },
    });
  });

  it('works for this visit where the disk is full, and says so', async () => {
    store.write = () => Promise.resolve(fail('storage-full', 'Full.'));
    const library = await started();
    const taken = await imported(library, 'a.safetensors', sampleFiles.lora());
    expect(taken.notKept?.code).toBe('storage-full');
    expect(valueOf(await library.diffusion())).toEqual([taken.entry]);
    expect(valueOf(await library.openDiffusion([taken.entry.id]))).toHaveLength(1);
  });
});

describe('a folder in diffusers’ layout', () => {
  const json = (value: object): Blob => new Blob([JSON.stringify(value)]);
  const folder = (): NamedBlob[] => [
    { name: 'mine/model_index.json', blob: json({ _class_name: 'StableDiffusionPipeline' }) },
    { name: 'mine/scheduler/scheduler_config.json', blob: json({ prediction_type: 'v_prediction' }) },
    { name: 'mine/unet/diffusion_pytorch_model.safetensors', blob: sampleFiles.unet() },
    { name: 'mine/unet/diffusion_pytorch_model.fp16.safetensors', blob: sampleFiles.unet() },
    { name: 'mine/text_encoder/model.safetensors', blob: sampleFiles.text() },
    { name: 'mine/vae/diffusion_pytorch_model.safetensors', blob: sampleFiles.vae() },
    { name: 'mine/README.md', blob: new Blob(['# Mine']) },
  ];

  it('is one entry with its configs, each part once, and opens as the folder that it was', async () => {
    const library = await started();
    const { entry } = valueOf(await library.importDiffusion(folder()));
    expect(entry).toMatchObject({ name: 'mine', base: 'sd1', prediction: 'v' });
    expect(entry.parts.map(({ kind }) => kind)).toEqual(whole);
    const files = valueOf(await library.openDiffusion([entry.id]));
    expect(files.map(({ name }) => name)).toEqual([
      'mine/model_index.json',
      'mine/scheduler/scheduler_config.json',
      expect.stringMatching(/^mine\/unet\/.*safetensors$/),
      'mine/text_encoder/model.safetensors',
      'mine/vae/diffusion_pytorch_model.safetensors',
    ]);
    const read = valueOf(await readDiffusionFiles(files));
    expect(valueOf(findParts(read.weights, read.configs))).toMatchObject({ base: 'sd1', prediction: 'v' });
  });
});

describe('what Enlarger does not redraw with', () => {
  it.each([
    ['an SDXL checkpoint', sampleFiles.sdxl, /the SDXL family.*Choose Stable Diffusion 1\.x or 2\.x/],
    [
      'a LoRA for it',
      () => sampleFiles.lora(2048),
      /made for Stable Diffusion XL.*LoRA for Stable Diffusion 1/,
    ],
    ['a textual inversion for it', () => sampleFiles.embedding(1280), /made for another family/],
  ])('is refused by the name of its family: %s', async (_, make, words) => {
    const library = await started();
    const refusal = {
      ok: false,
      error: {
        code: 'model-unsupported',
        message: expect.stringMatching(words) as string,
        detail: { reason: 'diffusion-family' },
      },
    };
    const file = new File([make()], 'x.safetensors');
    expect(await library.import([file])).toMatchObject(refusal);
    expect(await library.importDiffusion([{ name: file.name, blob: file }])).toMatchObject(refusal);
    expect(store.models.size).toBe(0);
  });

  it('leaves upscalers and strange files as they were', async () => {
    const library = await started();
    const families = new URL('../../../scripts/reference/families/', import.meta.url);
    const known = new File([readFileSync(new URL('srvgg-3x.safetensors', families))], 'a.safetensors');
    expect(await library.import([known])).toMatchObject({ ok: true, value: { card: { family: 'srvgg' } } });
    const strange = new File(
      [readFileSync(new URL('../diffusion/lora/given.safetensors', families))],
      'b.safetensors',
      {},
    );
    expect((await library.import([strange])).ok).toBe(false);
  });
});
