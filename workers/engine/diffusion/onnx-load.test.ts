/** What a model with ready-made graphs can be asked for, and what it tells of what it cannot. */

import { describe, expect, it } from 'vitest';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import { findParts, type FoundModel } from '../../../src/architectures/diffusion/checkpoint.ts';
import { sampleFiles } from '../../../src/architectures/diffusion/sample-files.ts';
import { sampleGraph, sampleGraphs } from '../../../src/architectures/diffusion/sample-graphs.ts';
import type { Result } from '../../../src/base/result.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import { withDefaults, type RefineStep } from '../../../src/recipes/refine.ts';
import type { LoadedModel } from './loaded-model.ts';
import { loadReady } from './onnx-load.ts';

const folder: readonly NamedBlob[] = [
  { name: 'sd/text_encoder/model.onnx', blob: sampleGraphs.text() },
  { name: 'sd/unet/model.onnx', blob: sampleGraphs.unet() },
  { name: 'sd/vae_encoder/model.onnx', blob: sampleGraphs.encoder() },
  { name: 'sd/vae_decoder/model.onnx', blob: sampleGraphs.decoder() },
];

async function loaded(
  files: readonly NamedBlob[],
  {
    halves = true,
    loras = [],
    ...more
  }: Partial<RefineStep> & { halves?: boolean; loras?: readonly string[] } = {},
): Promise<Result<LoadedModel>> {
  const read = await readDiffusionFiles(files);
  const found: Result<FoundModel> = read.ok
    ? findParts(read.value.weights, read.value.configs, read.value.ready)
    : read;
  if (!found.ok) return found;
  const step = withDefaults({ kind: 'refine', prompt: 'a cat', ...more });
  return loadReady(found.value, step, {
    precision: 'fp32',
    flash: false,
    halves,
    loras: loras.map((file) => ({ file })),
  });
}

async function refusal(...given: Parameters<typeof loaded>): Promise<string> {
  const model = await loaded(...given);
  return model.ok ? 'It was taken.' : model.error.message;
}

const without = (part: string): NamedBlob[] => folder.filter(({ name }) => !name.includes(part));

describe('a model of graphs', () => {
  it('is whole with all its parts, and takes those of files for what it lacks', async () => {
    const whole = await loaded(folder);
    expect(whole).toMatchObject({
      ok: true,
      value: {
        traits: { contextWidth: 768, scaling: { encoder: 0.18215, decoder: 0.18215 }, guidanceInput: false },
        fixed: { unet: null, tokens: null, vae: null },
        multiple: 8,
        controlnet: null,
      },
    });
    const taesd = { name: 'taesd.safetensors', blob: sampleFiles.taesd() };
    const mixed = await loaded([...without('vae_encoder'), taesd]);
    expect(mixed).toMatchObject({
      ok: true,
      value: { traits: { scaling: { encoder: 1, decoder: 0.18215 } } },
    });
    expect((await loaded([...without('vae'), { name: 'vae.safetensors', blob: sampleFiles.vae() }])).ok).toBe(
      true,
    );
  });

  it('names the part that is missing, and what stands in for it', async () => {
    const lone = await refusal(without('vae_encoder'));
    expect(lone).toContain('"sd/unet/model.onnx" comes with no VAE encoder');
    expect(lone).toContain('TAESD');
    expect(await refusal(without('vae'))).toContain('no VAE: add');
    expect(await refusal(without('text'))).toContain('no text encoder: add');
  });

  it('refuses a text encoder of another width', async () => {
    const other = { name: 'sd/text_encoder/model.onnx', blob: sampleGraphs.text('i32', 1024) };
    expect(await refusal([...without('text'), other])).toContain('gives 1024 values a token');
  });

  it('refuses what would change its weights or needs more of its graphs', async () => {
    expect(await refusal(folder, { loras: ['paint.safetensors'] })).toMatch(
      /LoRA "paint.safetensors".*"sd\/unet\/model.onnx"/,
    );
    expect(await refusal(folder, { clipSkip: 2 })).toContain('clip skip to 1');
    expect((await loaded(folder, { clipSkip: 1 })).ok).toBe(true);
    const control = { name: 'tile.safetensors', blob: sampleFiles.controlnet() };
    expect(await refusal([...folder, control])).toContain('The ControlNet "tile.safetensors" cannot steer');
    const word = { name: 'word.safetensors', blob: sampleFiles.embedding() };
    expect(await refusal([...folder, word])).toContain('The textual inversion "word.safetensors"');
  });

  it('says that a graph in half precision needs a device that has it', async () => {
    const half = sampleGraph({
      inputs: [['latent_sample', 'f16', 1, 4, 64, 64]],
      outputs: [['sample', 'f16', 1, 3, 512, 512]],
    });
    const files = [...without('vae_decoder'), { name: 'sd/vae_decoder/model.onnx', blob: half }];
    expect(await loaded(files)).toMatchObject({ ok: true, value: { fixed: { vae: 64 } } });
    expect(await refusal(files, { halves: false })).toMatch(
      /"sd\/vae_decoder\/model.onnx" computes in half precision.*CPU/,
    );
    expect((await loaded(folder, { halves: false })).ok).toBe(true);
  });
});
