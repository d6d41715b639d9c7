/** Ready-made ONNX folders in the library: kept byte for byte, and opened as what they were. */

import { describe, expect, it } from 'vitest';
import { sampleFiles } from '../../../src/architectures/diffusion/sample-files.ts';
import { sampleGraph, sampleGraphs } from '../../../src/architectures/diffusion/sample-graphs.ts';
import { findParts } from '../../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import { invariant } from '../../../src/base/assert.ts';
import type { Result } from '../../../src/base/result.ts';
import { writeOnnx } from '../../../src/formats/onnx/writer.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import { canBeSmaller } from '../../../src/models/diffusion-smaller.ts';
import { base, bytesFor, FakeServer, MemoryStore } from '../testing.ts';
import { DiffusionLibrary } from './diffusion-library.ts';

async function started(): Promise<DiffusionLibrary> {
  const server = new FakeServer(bytesFor(100));
  const stores = { models: new MemoryStore(), diffusion: new MemoryStore() };
  const library = new DiffusionLibrary(stores, server.fetch);
  expect((await library.start(base)).ok).toBe(true);
  return library;
}

function valueOf<T>(result: Result<T>): T {
  invariant(result.ok, result.ok ? '' : result.error.message);
  return result.value;
}

/** A UNet of which one tensor lies in a file beside it. */
const drawer = new Blob([
  writeOnnx({
    name: 'unet',
    opset: 17,
    inputs: [
      { name: 'sample', dtype: 'f32', shape: ['b', 4, 'h', 'w'] },
      { name: 'timestep', dtype: 'f32', shape: [] },
      { name: 'encoder_hidden_states', dtype: 'f32', shape: ['b', 's', 768] },
    ],
    outputs: [{ name: 'out_sample', dtype: 'f32', shape: ['b', 4, 'h', 'w'] }],
    nodes: [],
    initializers: [
      {
        name: 'conv_in.weight',
        dtype: 'f32',
        shape: [8, 4, 3, 3],
        data: { location: 'model.onnx_data', offset: 16, length: 8 * 4 * 9 * 4 },
      },
    ],
  }),
]);
const numbers = new Blob([new Uint8Array(16 + 8 * 4 * 9 * 4).fill(7)]);

const folder: readonly NamedBlob[] = [
  { name: 'turbo/unet/model.onnx', blob: drawer },
  { name: 'turbo/unet/model.onnx_data', blob: numbers },
  { name: 'turbo/text_encoder/model.onnx', blob: sampleGraphs.text() },
  { name: 'turbo/vae_decoder/model.onnx', blob: sampleGraphs.decoder() },
  { name: 'turbo/safety_checker/model.onnx', blob: new Blob(['no graph']) },
  {
    name: 'turbo/scheduler/scheduler_config.json',
    blob: new Blob(['{"prediction_type": "epsilon"}']),
  },
];

describe('a ready-made ONNX folder', () => {
  it('is one entry that tells its parts, and opens as it was, byte for byte', async () => {
    const library = await started();
    const { entry } = valueOf(await library.importDiffusion(folder));
    expect(entry).toMatchObject({ name: 'turbo', base: 'sd1', prediction: 'epsilon' });
    expect(entry.parts).toEqual([
      { kind: 'text-encoder', values: 0, ready: true },
      { kind: 'unet', values: 8 * 4 * 9, ready: true },
      { kind: 'vae-decoder', values: 0, ready: true },
    ]);
    // Its weights cannot be stored in fewer bits.
    expect(canBeSmaller(entry)).toBe(false);
    const files = valueOf(await library.openDiffusion([entry.id]));
    const kept = folder.filter(({ name }) => !name.includes('safety_checker'));
    expect(files.map(({ name }) => name)).toEqual(kept.map(({ name }) => name));
    for (const [i, { blob }] of kept.entries()) {
      expect(await files[i]?.blob.bytes()).toEqual(await blob.bytes());
    }
    const read = valueOf(await readDiffusionFiles(files));
    const found = valueOf(findParts(read.weights, read.configs, read.ready));
    expect(found.ready.unet?.graph.beside.map(({ name }) => name)).toEqual(['model.onnx_data']);
  });

  it('is given no LoRA: that is the engine’s to say', async () => {
    const library = await started();
    const whole = valueOf(await library.importDiffusion(folder));
    const lora = valueOf(
      await library.importDiffusion([{ name: 'paint.safetensors', blob: sampleFiles.lora() }]),
    );
    const step = { weights: { checkpoint: 'turbo', loras: [{ file: 'paint.safetensors', weight: 1 }] } };
    expect(await library.mergeDiffusion([whole.entry.id, lora.entry.id], [step])).toEqual({
      ok: true,
      value: [],
    });
  });

  it('has parts that are taken one by one too, and not for upscalers', async () => {
    const library = await started();
    const unet = [new File([drawer], 'unet.onnx'), new File([numbers], 'model.onnx_data')];
    expect(await library.import(unet)).toMatchObject({
      ok: false,
      error: { code: 'model-unrecognised', detail: { reason: 'diffusion' } },
    });
    const taken = valueOf(
      await library.importDiffusion(unet.map((file) => ({ name: file.name, blob: file }))),
    );
    expect(taken.entry).toMatchObject({ name: 'unet', parts: [{ kind: 'unet' }] });
    const [opened] = valueOf(await library.openDiffusion([taken.entry.id]));
    expect(opened?.name).toBe('unet/unet.onnx');
  });

  it('leaves other graphs to be tried, and refuses other families by name', async () => {
    const library = await started();
    const upscaler = sampleGraph({
      inputs: [['x', 'f32', 1, 3, 'h', 'w']],
      outputs: [['y', 'f32', 1, 3, 'high', 'wide']],
    });
    expect(await library.import([new File([upscaler], 'x.onnx')])).toMatchObject({
      ok: false,
      error: { detail: { reason: 'foreign' } },
    });
    const xl = sampleGraphs.unet([['time_ids', 'f32', 'b', 6]]);
    expect(await library.import([new File([xl], 'x.onnx')])).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { reason: 'diffusion-family', family: 'sdxl' } },
    });
  });
});
