import { describe, expect, it } from 'vitest';
import type { TensorTable } from '../formats/tensor-table.ts';
import { describeUnknown } from './describe-unknown.ts';
import { recognise } from './registry.ts';

function tableOf(...names: readonly string[]): TensorTable {
  const entry = (name: string) => ({ name, dtype: 'f32' as const, shape: [1], offset: 0, bytes: 4 });
  return { blob: new Blob(), tensors: new Map(names.map((name) => [name, entry(name)])) };
}

describe('a network that nobody knows', () => {
  it.each([
    [
      'diffusion',
      ['model.diffusion_model.input_blocks.0.0.weight', 'first_stage_model.decoder.conv_in.weight'],
    ],
    ['diffusion', ['diffusion_model.input_blocks.0.0.weight']],
    ['diffusion', ['down_blocks.0.resnets.0.conv1.weight', 'time_embedding.linear_1.weight']],
    ['foreign-diffusion', ['double_blocks.0.img_attn.qkv.weight', 'time_in.in_layer.weight']],
    ['foreign-diffusion', ['conditioner.embedders.0.transformer.text_model.final_layer_norm.bias']],
    ['diffusion-part', ['controlnet_cond_embedding.conv_in.weight', 'time_embedding.linear_1.weight']],
    ['diffusion-part', ['encoder.down.0.block.0.norm1.weight', 'post_quant_conv.weight']],
    ['diffusion-part', ['text_model.encoder.layers.0.mlp.fc1.weight']],
    ['lora', ['lora_unet_down_blocks_0.lora_up.weight']],
    ['gfpgan', ['conv_body_first.weight', 'stylegan_decoder.style_mlp.1.weight']],
    ['codeformer', ['quantize.embedding.weight', 'position_emb', 'ft_layers.0.self_attn.in_proj_weight']],
    ['face', ['ClassHead.0.conv1x1.weight']],
    ['video', ['spynet.basic_module.0.basic_module.0.conv.weight']],
    ['discriminator', ['conv1.weight_orig', 'conv1.weight_u']],
    ['training', ['state.0.exp_avg']],
    ['restorer', ['intro.weight', 'ending.weight', 'encoders.0.0.beta']],
    ['edsr', ['head.0.weight', 'body.0.body.0.weight', 'tail.0.0.weight']],
    ['swin', ['layers.0.blocks.0.attn.relative_position_bias_table']],
    ['unknown', ['some.thing', 'else']],
    ['unknown', []],
  ])('is said to look like: %s', (likely, names) => {
    expect(describeUnknown(tableOf(...names), ['esrgan'])).toMatchObject({
      code: 'model-unrecognised',
      detail: { likely, tensors: names.length },
    });
  });

  it('is told with its first names, what is known, and the way out', () => {
    const { message } = describeUnknown(tableOf('a.weight', 'b', 'c', 'd'), ['esrgan', 'span']);
    expect(message).toBe(
      'The tensors of this file (4, the first: "a.weight", "b", "c") belong to no known network. ' +
        'If it enlarges or restores pictures, export it to ONNX and open that file. Known are esrgan, span.',
    );
  });

  it('is said to be for another step where it redraws, or for another program', () => {
    const told = (name: string) => describeUnknown(tableOf(name), []).message;
    expect(told('first_stage_model.encoder.conv_in.weight')).toContain("Give it to a recipe's refine step");
    expect(told('lora_unet_mid.lora_down.weight')).toContain('beside the model that it is for');
    const flux = told('double_blocks.0.img_attn.qkv.weight');
    expect(flux).toContain('It looks like a model of the Flux family. Enlarger cannot use it.');
    expect(flux).toContain('Stable Diffusion 1.x or 2.x');
  });

  it('is what `recognise` says', () => {
    const result = recognise(tableOf('model.diffusion_model.input_blocks.0.0.weight'));
    expect(result).toMatchObject({ ok: false, error: { detail: { likely: 'diffusion' } } });
    if (!result.ok) expect(result.error.message).toContain('Stable Diffusion checkpoint');
  });
});
