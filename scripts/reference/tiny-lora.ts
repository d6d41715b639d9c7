/** A LoRA with seeded weights for one layer of either part of the tiny diffusion model. */

import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import { tinyUnet } from './tiny-diffusion.ts';
import { seeded } from './seeded.ts';

const rank = 4;
/** Names as kohya's programs write them, with the outputs and inputs of the layer. */
type Layer = readonly [name: string, outputs: number, inputs: number];

const layers: readonly Layer[] = [
  ['lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k', tinyUnet.widths[0] ?? 0, 64],
  ['lora_te_text_model_encoder_layers_0_self_attn_q_proj', 64, 64],
];

export function tinyLora(more: readonly Layer[] = []): Blob {
  const writer = new TableWriter();
  for (const [name, outputs, inputs] of [...layers, ...more]) {
    const [up, down] = [`${name}.lora_up.weight`, `${name}.lora_down.weight`];
    writer.add(up, 'f32', [outputs, rank], seeded(up, [outputs, rank], -1, 1));
    writer.add(down, 'f32', [rank, inputs], seeded(down, [rank, inputs], -1, 1));
  }
  return writeSafetensors(writer.finish(), {});
}
