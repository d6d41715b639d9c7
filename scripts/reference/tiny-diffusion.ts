/** A whole diffusion model with tiny seeded weights, as the files of a folder in diffusers' layout. */

import type { Structure } from '../../src/architectures/architecture.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { controlnet } from '../../src/architectures/diffusion/controlnet.ts';
import type { Part } from '../../src/architectures/diffusion/part.ts';
import { taesdDecoder, taesdEncoder } from '../../src/architectures/diffusion/taesd.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import { seeded } from './seeded.ts';

const text = {
  width: 64,
  layers: 2,
  hidden: 128,
  vocabulary: 49408,
  positions: 77,
  quick: 1,
  skip: 0,
  inverted: 0,
};
export const tinyUnet = {
  channels: 4,
  widths: [32, 64, 96, 96],
  layers: [1, 1, 1, 1],
  depths: [1, 1, 1, 0],
  heads: [8, 8, 8, 8],
  middleLayers: 2,
  middleDepth: 1,
  context: 64,
  embedding: 128,
  condition: 0,
  linear: 0,
  outputs: 4,
  upLayers: [2, 2, 2, 2],
  upDepths: [0, 1, 1, 1],
};
const controller = { ...tinyUnet, hintChannels: 3, hintWidths: [8, 8, 16, 16] };
const vae = {
  widths: [32, 64, 64, 64],
  layers: 1,
  latent: 4,
  quant: 1,
  attention: 1,
  early: 0,
  points: 0,
} as const;

const tiny = { width: 8, latent: 4, blocks: [1, 1, 1, 1], numbered: 0 } as const;

/** Made once: the text encoder's table alone has three million. */
const known = new Map<string, Singles>();

export function tinyValues(name: string, shape: readonly number[]): Singles {
  const key = `${name} ${shape.join(' ')}`;
  const made = known.get(key) ?? filled(name, shape);
  known.set(key, made);
  return made;
}

/** As `diffusion-image.py` fills them. */
function filled(name: string, shape: readonly number[]): Singles {
  if (shape.length > 1) {
    const inputs = shape.slice(1).reduce((product, side) => product * side, 1);
    const most = name.includes('embedding.weight') ? 1 : Math.sqrt(3 / inputs);
    return seeded(name, shape, -most, most);
  }
  return name.endsWith('bias') ? seeded(name, shape, -0.1, 0.1) : seeded(name, shape, 0.8, 1.2);
}

type Singles = Float32Array<ArrayBuffer>;

const storedAs = {
  f32: (values: Singles) => values,
  f16: (values: Singles) => toHalfArray(values),
  // The upper half of each single, as training programs cut it.
  bf16: (values: Singles) => Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16),
};

/** Convolutions that only average: what they draw has no texture, so that a border in it is seen. */
export function smoothed(_: string, usual: Singles, shape: readonly number[]): Singles {
  const places = (shape[2] ?? 1) * (shape[3] ?? 1);
  if (shape.length !== 4 || places === 1) return usual;
  const result = new Float32Array(usual.length);
  for (let from = 0; from < usual.length; from += places) {
    const mean = usual.subarray(from, from + places).reduce((sum, one) => sum + one, 0) / places;
    result.fill(mean * Math.sqrt(places), from, from + places);
  }
  return result;
}

/** A tenth of that: there is texture, but a border without a rim is seen in it. */
export function somewhatSmoothed(name: string, usual: Singles, shape: readonly number[]): Singles {
  const smooth = smoothed(name, usual, shape);
  return usual.map((value, i) => 0.9 * value + 0.1 * Number(smooth[i]));
}

type Stored = keyof typeof storedAs;

export interface TinyExtras {
  /** With a ControlNet. */
  readonly control?: boolean;
  /** With TAESD, beside the VAE or in its place. */
  readonly taesd?: 'beside' | 'instead';
  /** With a UNet that takes the guidance as an input. */
  readonly consistency?: boolean;
  /** Other values than the usual ones. */
  readonly fill?: (name: string, usual: Singles, shape: readonly number[]) => Singles;
}

/** A file of such weights. */
export function tinyFile(
  name: string,
  specs: ReturnType<Part['tensors']>,
  stored: Stored = 'f32',
  fill: Required<TinyExtras>['fill'] = (_, usual) => usual,
): NamedBlob {
  const writer = new TableWriter();
  for (const spec of specs) {
    const single = fill(spec.name, tinyValues(spec.name, spec.shape), spec.shape);
    writer.add(spec.name, stored, spec.shape, storedAs[stored](single));
  }
  return { name, blob: writeSafetensors(writer.finish(), {}) };
}

/** `prediction` is what the UNet is said to predict. */
export function tinyDiffusion(
  prediction: 'epsilon' | 'v' = 'epsilon',
  stored: Stored = 'f32',
  { control = false, taesd, consistency = false, fill = (_, usual) => usual }: TinyExtras = {},
): NamedBlob[] {
  const weights = (name: string, specs: ReturnType<Part['tensors']>): NamedBlob =>
    tinyFile(name, specs, stored, fill);
  const config = (name: string, value: Structure | Readonly<Record<string, unknown>>): NamedBlob => ({
    name,
    blob: new Blob([JSON.stringify(value)]),
  });
  return [
    weights('text_encoder/model.safetensors', clip.tensors(text)),
    weights(
      'unet/diffusion_pytorch_model.safetensors',
      unet.tensors({ ...tinyUnet, condition: consistency ? 256 : 0 }),
    ),
    ...(taesd === 'instead'
      ? []
      : [
          weights('vae/diffusion_pytorch_model.safetensors', [
            ...vaeEncoder.tensors(vae),
            ...vaeDecoder.tensors(vae),
          ]),
        ]),
    ...(taesd
      ? [
          weights('taesd/diffusion_pytorch_model.safetensors', [
            ...taesdEncoder.tensors(tiny),
            ...taesdDecoder.tensors(tiny),
          ]),
        ]
      : []),
    ...(control
      ? [
          weights('controlnet/diffusion_pytorch_model.safetensors', controlnet.tensors(controller)),
          config('controlnet/config.json', { attention_head_dim: 8 }),
        ]
      : []),
    config('unet/config.json', { attention_head_dim: 8 }),
    config('scheduler/scheduler_config.json', {
      prediction_type: prediction === 'v' ? 'v_prediction' : 'epsilon',
    }),
  ];
}
