/** Ready-made ONNX graphs of diffusion models, recognised by their ends. */

import { describe, expect, it } from 'vitest';
import type { Failure } from '../../base/errors.ts';
import { writeOnnx } from '../../formats/onnx/writer.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import { readDiffusionFiles } from './checkpoint-files.ts';
import { findParts, type FoundModel } from './checkpoint.ts';
import { sampleFiles } from './sample-files.ts';
import { sampleGraph, sampleGraphs } from './sample-graphs.ts';
import { sortReady, type ReadyPart } from './onnx-part.ts';

async function only(blob: Blob): Promise<ReadyPart> {
  const sorted = await sortReady([{ name: 'model.onnx', blob }]);
  const [part] = sorted.ok ? sorted.value.ready : [];
  if (!part) throw new Error(sorted.ok ? 'It is no part.' : sorted.error.message);
  return part;
}

async function refusal(blob: Blob, name = 'model.onnx'): Promise<Failure> {
  const sorted = await sortReady([{ name, blob }]);
  if (sorted.ok) throw new Error('It was taken.');
  return sorted.error;
}

async function found(files: readonly NamedBlob[]): Promise<FoundModel> {
  const read = await readDiffusionFiles(files);
  const model = read.ok ? findParts(read.value.weights, read.value.configs, read.value.ready) : read;
  if (!model.ok) throw new Error(model.error.message);
  return model.value;
}

/** A graph whose weights lie in another file. */
const halved = new Blob([
  writeOnnx({
    name: 'x',
    opset: 17,
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: [
      { name: 'w', dtype: 'f32', shape: [2], data: { location: 'weights.pb', offset: 0, length: 8 } },
    ],
  }),
]);

const file = (name: string, blob: Blob): NamedBlob => ({ name, blob });

describe('a part', () => {
  it('is a text encoder with ids of either size', async () => {
    for (const dtype of ['i32', 'i64'] as const) {
      expect(await only(sampleGraphs.text(dtype))).toMatchObject({
        kind: 'text-encoder',
        width: 768,
        inputs: { input_ids: 'input_ids' },
        outputs: { hidden: 'last_hidden_state' },
        sides: { batch: null, tokens: null },
      });
    }
  });

  it('is a UNet, with the guidance as an input where it takes that', async () => {
    expect(await only(sampleGraphs.unet())).toMatchObject({
      kind: 'unet',
      width: 768,
      condition: 0,
      multiple: 8,
    });
    const guided = await only(sampleGraphs.unet([['timestep_cond', 'f32', 'batch', 256]]));
    expect(guided).toMatchObject({ condition: 256, inputs: { timestep_cond: 'timestep_cond' } });
  });

  it('tells the only sizes that it takes, and that it computes in half precision', async () => {
    const graph = sampleGraph({
      inputs: [
        ['sample', 'f16', 2, 4, 64, 64],
        ['timestep', 'i64', 2],
        ['encoder_hidden_states', 'f16', 2, 77, 768],
      ],
      outputs: [['out_sample', 'f16', 2, 4, 64, 64]],
    });
    expect(await only(graph)).toMatchObject({ half: true, sides: { batch: 2, latent: 64, tokens: 77 } });
    expect(await only(sampleGraphs.unet())).toMatchObject({
      half: false,
      sides: { batch: null, latent: null },
    });
  });

  it('halves maps as often as its convolutions do', async () => {
    const conv = (input: string, output: string, stride: number) => ({
      op: 'Conv',
      inputs: [input, 'w'],
      outputs: [output],
      attributes: { strides: { ints: [stride, stride] } },
    });
    const graph = sampleGraph({
      inputs: [
        ['sample', 'f32', 1, 4, 'h', 'w'],
        ['timestep', 'f32'],
        ['encoder_hidden_states', 'f32', 1, 's', 768],
      ],
      outputs: [['out_sample', 'f32', 1, 4, 'h', 'w']],
      weights: [['w', 'f32', 4, 4, 1, 1]],
      nodes: [conv('sample', 'a', 2), conv('a', 'b', 1), conv('b', 'out_sample', 2)],
    });
    expect(await only(graph)).toMatchObject({ multiple: 4 });
  });

  it('is a half of a VAE by the names of its ends, or by their channels', async () => {
    expect(await only(sampleGraphs.encoder())).toMatchObject({
      kind: 'vae-encoder',
      outputs: { mean: 'latent_parameters' },
    });
    expect(await only(sampleGraphs.encoder(['latent_sample', 'f32', 'b', 4, 'h', 'w']))).toMatchObject({
      kind: 'vae-encoder',
    });
    expect(await only(sampleGraphs.decoder())).toMatchObject({
      kind: 'vae-decoder',
      inputs: { latent: 'latent_sample' },
    });
    const unnamed = sampleGraph({
      inputs: [['x', 'f32', 1, 4, 64, 64]],
      outputs: [['y', 'f32', 1, 3, 512, 512]],
    });
    expect(await only(unnamed)).toMatchObject({ kind: 'vae-decoder', sides: { latent: 64 } });
  });

  it.each([
    ['Conv', true],
    ['Sub', false],
  ])(
    'is TAESD where all kernels are of one width, of 0..1 unless something follows the last of them: %s',
    async (op, units) => {
      const graph = sampleGraph({
        inputs: [['latent', 'f32', 1, 4, 'h', 'w']],
        outputs: [['image', 'f32', 1, 3, 'high', 'wide']],
        weights: [
          ['in', 'f32', 64, 4, 3, 3],
          ['inside', 'f32', 64, 64, 3, 3],
          ['out', 'f32', 3, 64, 3, 3],
        ],
        nodes: [
          { op: 'Relu', inputs: ['latent'], outputs: ['a'] },
          { op, inputs: ['a', 'out'], outputs: ['b'] },
          { op: 'Identity', inputs: ['b'], outputs: ['image'] },
        ],
      });
      expect(await only(graph)).toMatchObject({
        kind: 'vae-decoder',
        tiny: true,
        units,
        inputs: { latent: 'latent' },
      });
    },
  );
});

describe('what is no such part', () => {
  it.each([
    [
      'SDXL',
      'sdxl',
      sampleGraphs.unet([
        ['text_embeds', 'f32', 'b', 1280],
        ['time_ids', 'f32', 'b', 6],
      ]),
    ],
    ['the second text encoder of SDXL', 'sdxl', sampleGraphs.text('i64', 1280)],
    ['a large text encoder', 'large-text', sampleGraphs.text('i64', 4096)],
    [
      'Flux',
      'flux',
      sampleGraph({
        inputs: [
          ['hidden_states', 'f32', 1, 's', 64],
          ['timestep', 'f32', 1],
          ['img_ids', 'f32', 's', 3],
        ],
        outputs: [['out', 'f32', 1, 's', 64]],
      }),
    ],
    [
      'Stable Diffusion 3',
      'sd3',
      sampleGraph({
        inputs: [
          ['hidden_states', 'f32', 1, 16, 'h', 'w'],
          ['timestep', 'f32', 1],
          ['pooled_projections', 'f32', 1, 2048],
        ],
        outputs: [['out', 'f32', 1, 16, 'h', 'w']],
      }),
    ],
    ['a VAE of a newer family', 'vae', sampleGraphs.encoder(['latent_parameters', 'f32', 1, 32, 'h', 'w'])],
  ])('is refused by its family: %s', async (_, family, blob) => {
    const error = await refusal(blob, 'x/model.onnx');
    expect(error).toMatchObject({
      code: 'model-unsupported',
      detail: { reason: 'diffusion-family', family },
    });
    expect(error.message).toContain('"x/model.onnx"');
    expect(error.message).toContain('Choose Stable Diffusion 1.x or 2.x');
  });

  it('is refused by its use, or by what it asks for', async () => {
    const inpainting = sampleGraph({
      inputs: [
        ['sample', 'f32', 'b', 9, 'h', 'w'],
        ['timestep', 'f32', 'b'],
        ['encoder_hidden_states', 'f32', 'b', 's', 768],
      ],
      outputs: [['out_sample', 'f32', 'b', 4, 'h', 'w']],
    });
    expect((await refusal(inpainting)).message).toContain('fills holes');
    const controlled = sampleGraphs.unet([['down_block_0', 'f32', 'b', 320, 'h', 'w']]);
    expect((await refusal(controlled)).message).toContain("a ControlNet's results");
    expect((await refusal(sampleGraphs.unet([['class_labels', 'i64', 'b']]))).message).toContain(
      '"class_labels"',
    );
  });

  it('is left aside: a ControlNet, the judge of pictures, an upscaler', async () => {
    const aside = [
      sampleGraphs.unet([['controlnet_cond', 'f32', 'b', 3, 'h', 'w']]),
      sampleGraph({
        inputs: [
          ['clip_input', 'f32', 1, 3, 224, 224],
          ['images', 'f32', 1, 3, 512, 512],
        ],
        outputs: [['out', 'f32', 1]],
      }),
      sampleGraph({ inputs: [['x', 'f32', 1, 3, 'h', 'w']], outputs: [['y', 'f32', 1, 3, 'h2', 'w2']] }),
    ];
    for (const blob of aside) {
      const sorted = await sortReady([file('model.onnx', blob)]);
      expect(sorted).toMatchObject({ ok: true, value: { ready: [], rest: [] } });
    }
  });
});

describe('a set of files', () => {
  it('is sorted into graphs, what lies beside them, and the rest', async () => {
    const model = await found([
      file('sd/text_encoder/model.onnx', sampleGraphs.text()),
      file('sd/unet/model.onnx', sampleGraphs.unet([['timestep_cond', 'f32', 'b', 256]])),
      file('sd/unet/weights.pb', new Blob([new Uint8Array(64)])),
      file('sd/vae_decoder/model.onnx', sampleGraphs.decoder()),
      file('sd/vae_decoder/config.json', new Blob(['{"scaling_factor": 0.5}'])),
      file('taesd.safetensors', sampleFiles.taesd()),
    ]);
    expect(Object.keys(model.ready)).toEqual(['text-encoder', 'unet', 'vae-decoder']);
    expect(model).toMatchObject({ base: 'sd1', sampling: 'lcm', latentScale: 0.5 });
    expect(model.parts['taesd-encoder']?.from).toBe('taesd.safetensors');
  });

  it('gives tensors before graphs, and the smallest of several precisions', async () => {
    const model = await found([
      file('unet/model.onnx', sampleGraphs.unet([], 'a side with a long name')),
      file('unet/model_fp16.onnx', sampleGraphs.unet()),
      file('vae/model.safetensors', sampleFiles.vae()),
      file('vae_decoder/model.onnx', sampleGraphs.decoder()),
    ]);
    expect(model.ready.unet?.from).toBe('unet/model_fp16.onnx');
    expect(model.ready['vae-decoder']).toBeUndefined();
  });

  it('is refused where graphs of several folders are one part', async () => {
    const read = await readDiffusionFiles([
      file('one/unet.onnx', sampleGraphs.unet()),
      file('two/unet.onnx', sampleGraphs.unet()),
    ]);
    const model = read.ok ? findParts([], [], read.value.ready) : read;
    expect(model).toMatchObject({ ok: false, error: { detail: { reason: 'several', what: 'UNets' } } });
  });

  it('is refused where a graph’s weights are missing, naming both', async () => {
    const lone = await readDiffusionFiles([file('sd/unet/model.onnx', halved)]);
    expect(lone.ok ? '' : lone.error.message).toMatch(/"sd\/unet\/model.onnx".*"weights.pb"/);
  });
});
