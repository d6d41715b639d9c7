import { describe, expect, it } from 'vitest';
import type { TensorTable } from '../../formats/tensor-table.ts';
import { isEmbedding } from './embedding.ts';
import { isLora, loraLayers } from './lora-names.ts';

function tableOf(shapes: Readonly<Record<string, readonly number[]>>): TensorTable {
  const tensors = Object.entries(shapes).map(
    ([name, shape]) => [name, { name, dtype: 'f32', shape, offset: 0, bytes: 0 }] as const,
  );
  return { blob: new Blob(), tensors: new Map(tensors) };
}

const attention = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1';

describe.each([
  ['kohya', 'lora_unet_mid_block_attentions_0_proj_in', '.lora_down.weight', '.lora_up.weight'],
  ['PEFT', `unet.${attention}.to_q`, '.lora_A.weight', '.lora_B.weight'],
  [
    'PEFT with the name of an adapter',
    `base_model.model.${attention}.to_q`,
    '.lora_A.default.weight',
    '.lora_B.default.weight',
  ],
  ['diffusers', `unet.${attention}.to_q`, '.lora.down.weight', '.lora.up.weight'],
  ['old diffusers', `unet.${attention}.processor.to_q`, '_lora.down.weight', '_lora.up.weight'],
  [
    'text encoders of diffusers',
    'text_encoder.q_proj',
    '.lora_linear_layer.down.weight',
    '.lora_linear_layer.up.weight',
  ],
])('names of %s', (_, layer, down, up) => {
  const table = tableOf({ [layer + down]: [4, 8], [layer + up]: [8, 4], [`${layer}.alpha`]: [] });

  it('are those of a LoRA', () => {
    expect(isLora(table)).toBe(true);
    expect(isEmbedding(table)).toBe(false);
    expect(loraLayers(table).get(layer)).toMatchObject({
      down: { shape: [4, 8] },
      up: { shape: [8, 4] },
      alpha: {},
    });
    expect(loraLayers(table).size).toBe(1);
  });
});

it.each(['hada_w1_a', 'lokr_w1', 'dora_scale', 'oft_blocks'])('knows %s as an adaptation', (end) => {
  const table = tableOf({ [`lora_unet_conv_in.${end}`]: [4, 8] });
  expect(isLora(table)).toBe(true);
  expect(loraLayers(table).get('lora_unet_conv_in')?.other).toBeDefined();
});

it('takes no network for a LoRA or an embedding', () => {
  const table = tableOf({
    'conv_in.weight': [320, 4, 3, 3],
    'conv_in.bias': [320],
    'time_embedding.alpha': [1],
  });
  expect(isLora(table)).toBe(false);
  expect(isEmbedding(table)).toBe(false);
});

describe('isEmbedding', () => {
  it.each<Record<string, readonly number[]>>([
    { 'string_to_param.*': [2, 768] },
    { emb_params: [8, 1024] },
    { '<cat>': [768] },
    { clip_l: [4, 768], clip_g: [4, 1280] },
  ])('knows %o', (shapes) => {
    expect(isEmbedding(tableOf(shapes))).toBe(true);
    expect(isLora(tableOf(shapes))).toBe(false);
  });

  it.each<Record<string, readonly number[]>>([
    {},
    { emb_params: [8, 1000] },
    { weight: [768, 768] },
    { emb_params: [1, 768], 'conv.weight': [8, 8, 3, 3] },
  ])('leaves %o', (shapes) => {
    expect(isEmbedding(tableOf(shapes))).toBe(false);
  });
});
