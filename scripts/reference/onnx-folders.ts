/** The ready-made ONNX folders of `diffusion-onnx.py`, the same weights as a folder of .safetensors, and what runs the former in Node. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import type { Part } from '../../src/architectures/diffusion/part.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { ok } from '../../src/base/result.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import type { ReadyRuntime } from '../../workers/engine/diffusion/onnx-session.ts';
import { seeded } from './seeded.ts';

export type Dialect = 'a' | 'b' | 'c';

const folder = join(import.meta.dirname, 'diffusion/onnx');

/** Side of the latent map of dialect C, which takes no other. */
export const fixedSide = 40;

/** The files of one dialect, under the paths that they have there. */
export function onnxFolder(dialect: Dialect): NamedBlob[] {
  const root = join(folder, dialect);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.gzip'))
    .map((path) => ({
      name: path.replaceAll('\\', '/').replace(/\.gzip$/, ''),
      blob: new Blob([gunzipSync(readFileSync(join(root, path)))]),
    }));
}

const text = {
  width: 64,
  layers: 1,
  hidden: 128,
  vocabulary: 49408,
  positions: 77,
  quick: 1,
  skip: 0,
  inverted: 0,
} as const;
const drawer = {
  channels: 4,
  widths: [32],
  layers: [1],
  depths: [1],
  heads: [2],
  middleLayers: 2,
  middleDepth: 1,
  context: 64,
  embedding: 128,
  condition: 0,
  linear: 0,
  outputs: 4,
  upLayers: [2],
  upDepths: [0],
} as const;
const vae = {
  widths: [32, 32, 32, 64],
  layers: 1,
  latent: 4,
  quant: 1,
  attention: 1,
  early: 0,
  points: 0,
} as const;

const rows = 61;

/** As `diffusion-onnx.py` fills them: of three values, and no bias, so that they compress. */
function values(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const count = shape.reduce((product, side) => product * side, 1);
  if (shape.length < 2) {
    if (name === 'quant_conv.bias') return Float32Array.of(0, 0, 0, 0, -30, -30, -30, -30);
    return new Float32Array(count).fill(name.endsWith('bias') ? 0 : 1);
  }
  const [first = 0, width = 0] = shape;
  if (name.endsWith('token_embedding.weight')) {
    const few = values('rows', [rows, width]);
    const table = new Float32Array(count);
    for (let row = 0; row < first; row++) {
      const from = (row % rows) * width;
      table.set(few.subarray(from, from + width), row * width);
    }
    return table;
  }
  const most = name.includes('embedding') || name === 'rows' ? 0.5 : Math.sqrt((3 * first) / count);
  const table = seeded(name, shape, 0, 3).map((value) => (Math.floor(value) - 1) * most);
  // The variance's half: none.
  if (name === 'quant_conv.weight') table.fill(0, count / 2);
  return table;
}

function weights(name: string, specs: ReturnType<Part['tensors']>): NamedBlob {
  const writer = new TableWriter();
  for (const spec of specs) writer.add(spec.name, 'f32', spec.shape, values(spec.name, spec.shape));
  return { name, blob: writeSafetensors(writer.finish(), {}) };
}

export function json(name: string, value: unknown): NamedBlob {
  return { name, blob: new Blob([JSON.stringify(value)]) };
}

/** What the UNet predicts, which no graph tells. */
export const scheduler = json('scheduler/scheduler_config.json', { prediction_type: 'epsilon' });

export function vaeFile(): NamedBlob {
  return weights('vae/diffusion_pytorch_model.safetensors', [
    ...vaeEncoder.tensors(vae),
    ...vaeDecoder.tensors(vae),
  ]);
}

export function tensorFolder(): NamedBlob[] {
  return [
    weights('text_encoder/model.safetensors', clip.tensors(text)),
    weights('unet/diffusion_pytorch_model.safetensors', unet.tensors(drawer)),
    vaeFile(),
    json('unet/config.json', { attention_head_dim: 2 }),
    scheduler,
  ];
}

export const nodeRuntime: ReadyRuntime = {
  Tensor,
  pass: async (work) => ok(await work()),
  create: async ({ model, beside }, sides) =>
    ok(
      await InferenceSession.create(model, {
        executionProviders: ['cpu'],
        externalData: await Promise.all(
          beside.map(async ({ name, blob }) => ({
            path: name,
            data: new Uint8Array(await blob.arrayBuffer()),
          })),
        ),
        freeDimensionOverrides: sides,
        intraOpNumThreads: 2,
        logSeverityLevel: 3,
      }),
    ),
};
