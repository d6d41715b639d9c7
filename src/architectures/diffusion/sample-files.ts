/** Small files of zeros with the names and structures of real diffusion models, for tests. */

import { valueCount } from '../../formats/tensor-bytes.ts';
import { writeSafetensors } from '../../formats/safetensors/writer.ts';
import type { TensorEntry } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { clip } from './clip.ts';
import { controlnet } from './controlnet.ts';
import { taesdDecoder, taesdEncoder } from './taesd.ts';
import { unet } from './unet.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';

export const drawer = {
  channels: 4,
  widths: [32, 64],
  layers: [1, 1],
  depths: [1, 0],
  heads: [8, 8],
  middleLayers: 2,
  middleDepth: 1,
  context: 768,
  embedding: 128,
  condition: 0,
  linear: 0 as const,
  outputs: 4,
  upLayers: [2, 2],
  upDepths: [0, 1],
};
export const reader = {
  width: 768,
  layers: 1,
  hidden: 64,
  vocabulary: 100,
  positions: 77,
  quick: 1 as const,
  skip: 0,
  inverted: 0,
};
export const coder = { widths: [32, 64], layers: 1, latent: 4, quant: 1 as const, attention: 1 as const };
const tiny = { width: 8, latent: 4, blocks: [1, 3, 3, 3], numbered: 0 as const };

const vae = [...vaeEncoder.tensors(coder), ...vaeDecoder.tensors(coder)];
const kohya = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';

function file(specs: readonly TensorSpec[], notes: Readonly<Record<string, string>> = {}): Blob {
  const tensors = specs.map(({ name, shape }): [string, TensorEntry] => [
    name,
    { name, dtype: 'f16', shape, offset: 0, bytes: 2 * valueCount(shape) },
  ]);
  const most = Math.max(...tensors.map(([, { bytes }]) => bytes));
  return writeSafetensors({ blob: new Blob([new Uint8Array(most)]), tensors: new Map(tensors) }, notes);
}

function under(prefix: string, specs: readonly TensorSpec[]): TensorSpec[] {
  return specs.map(({ name, shape }) => ({ name: prefix + name, shape }));
}

/** Each makes a .safetensors file: of Stable Diffusion 1 where nothing else is said. */
export const sampleFiles = {
  checkpoint: (notes?: Readonly<Record<string, string>>): Blob =>
    file(
      [
        ...under('model.diffusion_model.', unet.tensors(drawer)),
        ...under('cond_stage_model.transformer.', clip.tensors(reader)),
        ...under('first_stage_model.', vae),
      ],
      notes,
    ),
  unet: (): Blob => file(unet.tensors(drawer)),
  text: (): Blob => file(clip.tensors(reader)),
  vae: (): Blob => file(vae),
  taesd: (): Blob => file([...taesdEncoder.tensors(tiny), ...taesdDecoder.tensors(tiny)]),
  controlnet: (): Blob =>
    file(controlnet.tensors({ ...drawer, hintChannels: 3, hintWidths: [16, 32, 96, 256] })),
  /** Of the width of text features that it is given: 768 is that of Stable Diffusion 1, 2048 that of SDXL. */
  lora: (width = 768): Blob =>
    file([
      { name: `${kohya}.lora_down.weight`, shape: [4, width] },
      { name: `${kohya}.lora_up.weight`, shape: [32, 4] },
      { name: `${kohya}.alpha`, shape: [1] },
    ]),
  embedding: (width = 768): Blob => file([{ name: 'emb_params', shape: [4, width] }]),
  sdxl: (): Blob =>
    file([
      { name: 'conditioner.embedders.0.transformer.text_model.final_layer_norm.bias', shape: [768] },
      { name: 'model.diffusion_model.label_emb.0.0.weight', shape: [8, 8] },
    ]),
};
