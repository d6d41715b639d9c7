/** Parts of a diffusion model that are so small that a GPU made of software runs them in seconds, with seeded weights. */

import type { TensorSpec } from '../../src/architectures/architecture.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import { seeded } from './seeded.ts';

const drawer = {
  channels: 4,
  widths: [32, 32],
  layers: [1, 1],
  depths: [0, 1],
  heads: [8, 8],
  middleLayers: 0,
  middleDepth: 0,
  context: 64,
  embedding: 64,
  condition: 0,
  linear: 1,
  outputs: 4,
  upLayers: [2, 2],
  upDepths: [1, 0],
};
const reader = {
  width: 64,
  layers: 1,
  hidden: 64,
  vocabulary: 100,
  positions: 77,
  quick: 1,
  skip: 0,
  inverted: 0,
};
const coder = { widths: [32], layers: 1, latent: 4, quant: 1, attention: 1 } as const;

/** How far its parts in fewer bits are from themselves, by `measureDrift` in onnxruntime on the CPU. */
export const miniDrifts = {
  q8: { unet: 0.013211, 'text-encoder': 0.007985, vae: 0.006169 },
  q4: { unet: 0.090087, 'text-encoder': 0.116482, vae: 0.00802 },
} as const;

/** In half precision; a UNet, a text encoder and a VAE's decoder. */
export function miniDiffusion(): NamedBlob[] {
  return [
    file('unet/diffusion_pytorch_model.safetensors', unet.tensors(drawer)),
    file('text_encoder/model.safetensors', clip.tensors(reader)),
    file('vae/diffusion_pytorch_model.safetensors', vaeDecoder.tensors(coder)),
  ];
}

function file(name: string, specs: readonly TensorSpec[]): NamedBlob {
  const writer = new TableWriter();
  for (const { name: tensor, shape } of specs) {
    const most = Math.sqrt(3 / valueCount(shape.slice(1)));
    const around = tensor.endsWith('bias') ? 0 : 1;
    const values =
      shape.length > 1
        ? seeded(tensor, shape, -most, most)
        : seeded(tensor, shape, around - 0.1, around + 0.1);
    writer.add(tensor, 'f16', shape, toHalfArray(values));
  }
  return { name, blob: writeSafetensors(writer.finish(), {}) };
}
