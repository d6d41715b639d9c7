/** What files of diffusion models are found to be, and what is said of those that do not do. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorSpec } from '../architecture.ts';
import { findParts, type FoundModel } from './checkpoint.ts';
import type { GivenWeights } from './checkpoint-parts.ts';
import { wholeModel } from './checkpoint-whole.ts';
import { clip, type ClipStructure } from './clip.ts';
import { controlnet } from './controlnet.ts';
import { ldsrDecoder } from './ldsr-decoder.ts';
import { buildPart } from './part.ts';
import { ldsrUnet, type LdsrStructure } from './ldsr-unet.ts';
import { taesdDecoder, taesdEncoder, type TaesdStructure } from './taesd.ts';
import { unet } from './unet.ts';
import { usualHeads, type UnetStructure } from './unet-structure.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';
import type { VaeStructure } from './vae-structure.ts';

const widths = [320, 640, 1280, 1280];
const drawer: UnetStructure = {
  channels: 4,
  widths,
  layers: [2, 2, 2, 2],
  depths: [1, 1, 1, 0],
  heads: usualHeads(widths, 768),
  middleLayers: 2,
  middleDepth: 1,
  context: 768,
  embedding: 1280,
  condition: 0,
  linear: 0,
  outputs: 4,
  upLayers: [3, 3, 3, 3],
  upDepths: [0, 1, 1, 1],
};
const drawer2 = { ...drawer, context: 1024, linear: 1, heads: usualHeads(widths, 1024) };
const reader: ClipStructure = {
  width: 768,
  layers: 2,
  hidden: 3072,
  vocabulary: 49408,
  positions: 77,
  quick: 1,
  skip: 0,
  inverted: 0,
};
const reader2 = { ...reader, width: 1024, hidden: 4096, quick: 0 };
const coder: VaeStructure = { widths: [128, 256, 512, 512], layers: 2, latent: 4, quant: 1, attention: 1 };
const tiny: TaesdStructure = { width: 64, latent: 4, blocks: [1, 3, 3, 3], numbered: 1 };
const enlarger: LdsrStructure = { widths: [64, 128], layers: 1, attends: [0, 1], head: 32, packed: 0 };
const codes = { ...coder, widths: [128, 256, 512], latent: 3, codes: 8192, code: 3 };
const control = { ...drawer, hintChannels: 3, hintWidths: [16, 32, 96, 256] };

function tableOf(specs: readonly TensorSpec[], bytes = 2): TensorTable {
  const tensors = specs.map(({ name, shape }) => {
    const entry: TensorEntry = {
      name,
      dtype: bytes === 2 ? 'f16' : 'f32',
      shape,
      offset: 0,
      bytes: bytes * valueCount(shape),
    };
    return [name, entry] as const;
  });
  return { blob: new Blob(), tensors: new Map(tensors) };
}

function named(...names: readonly string[]): TensorTable {
  return tableOf(names.map((name) => ({ name, shape: [1] })));
}

function under(prefix: string, specs: readonly TensorSpec[]): TensorSpec[] {
  return specs.map(({ name, shape }) => ({ name: prefix + name, shape }));
}

const vaeSpecs = [...vaeEncoder.tensors(coder), ...vaeDecoder.tensors(coder)];
const files = {
  unet: { name: 'm/unet/diffusion_pytorch_model.safetensors', table: tableOf(unet.tensors(drawer)) },
  text: { name: 'm/text_encoder/model.safetensors', table: tableOf(clip.tensors(reader)) },
  vae: { name: 'm/vae/diffusion_pytorch_model.safetensors', table: tableOf(vaeSpecs) },
  control: { name: 'tile.safetensors', table: tableOf(controlnet.tensors(control)) },
  tinyEncoder: { name: 'taesd_encoder.safetensors', table: tableOf(taesdEncoder.tensors(tiny)) },
  tinyDecoder: { name: 'taesd_decoder.safetensors', table: tableOf(taesdDecoder.tensors(tiny)) },
  lora: { name: 'lora.safetensors', table: named('lora_unet_mid_block_attentions_0.lora_up.weight') },
  embedding: { name: 'word.pt', table: tableOf([{ name: 'emb_params', shape: [4, 768] }]) },
  checker: { name: 'm/safety_checker/model.safetensors', table: named('concept_embeds') },
} satisfies Record<string, GivenWeights>;

const checkpoint: GivenWeights = {
  name: 'old.safetensors',
  table: tableOf([
    ...under('model.diffusion_model.', unet.tensors(drawer)),
    ...under('cond_stage_model.transformer.', clip.tensors(reader)),
    ...under('first_stage_model.', vaeSpecs),
    { name: 'model_ema.decay', shape: [1] },
  ]),
};

function found(...given: Parameters<typeof findParts>): FoundModel {
  const model = findParts(...given);
  if (!model.ok) throw new Error(model.error.message);
  return model.value;
}

function refusal(given: readonly GivenWeights[]) {
  const model = findParts(given);
  const whole = model.ok ? wholeModel(model.value) : model;
  return whole.ok ? null : whole.error;
}

describe('files of a model', () => {
  it('are told by what they hold', () => {
    const model = found(Object.values(files));
    expect(Object.entries(model.parts).map(([kind, part]) => [kind, part?.from])).toEqual([
      ['text-encoder', files.text.name],
      ['unet', files.unet.name],
      ['controlnet', files.control.name],
      ['vae-encoder', files.vae.name],
      ['vae-decoder', files.vae.name],
      ['taesd-encoder', files.tinyEncoder.name],
      ['taesd-decoder', files.tinyDecoder.name],
      ['ldsr-unet', undefined],
      ['ldsr-decoder', undefined],
    ]);
    expect(model.parts.unet?.structure).toEqual(drawer);
    expect(model.parts['text-encoder']?.structure).toEqual(reader);
    expect(model.loras.map(({ name }) => name)).toEqual([files.lora.name]);
    expect(model.embeddings.map(({ name }) => name)).toEqual([files.embedding.name]);
    expect(model.left).toEqual([files.checker.name]);
    expect(model).toMatchObject({ base: 'sd1', prediction: null, sampling: null, clipSkip: null });
    expect(wholeModel(model)).toMatchObject({ ok: true, value: { encoder: { kind: 'vae-encoder' } } });
  });

  it('may be one', () => {
    const model = found([checkpoint]);
    expect(wholeModel(model)).toMatchObject({ ok: true, value: { controlnet: null } });
    const wrapped = tableOf(under('state_dict.', [...checkpoint.table.tensors.values()]));
    expect(wholeModel(found([{ name: 'old.ckpt', table: wrapped }])).ok).toBe(true);
  });

  it('replace what came with a checkpoint', () => {
    const { parts } = found([checkpoint, files.vae]);
    expect(parts['vae-decoder']?.from).toBe(files.vae.name);
    expect(parts.unet?.from).toBe(checkpoint.name);
  });

  it('may be the same in several formats, of which the smallest is taken', () => {
    const large = { name: 'm/unet/diffusion_pytorch_model.bin', table: tableOf(unet.tensors(drawer), 4) };
    const other = { ...files.unet, name: 'm/unet/diffusion_pytorch_model.non_ema.safetensors' };
    const { parts } = found([large, other, files.unet, files.text, files.vae]);
    expect(parts.unet?.from).toBe(files.unet.name);
  });

  it('are asked about where two are meant for the same', () => {
    const second = { ...files.control, name: 'canny.safetensors' };
    const error = refusal([checkpoint, files.control, second]);
    expect(error?.code).toBe('model-unsupported');
    expect(error?.message).toContain('several ControlNets: "tile.safetensors", "canny.safetensors"');
  });

  it('let TAESD stand in for a VAE', () => {
    const model = found([files.unet, files.text, files.tinyEncoder, files.tinyDecoder]);
    expect(wholeModel(model)).toMatchObject({
      value: { encoder: { kind: 'taesd-encoder' }, decoder: { kind: 'taesd-decoder' } },
    });
  });
});

describe('what tensors do not tell', () => {
  const configs = (name: string, value: unknown) => [{ name: `m/${name}`, value }];
  const scheduler = (value: object) => found([checkpoint], configs('scheduler/scheduler_config.json', value));

  it('is read from configs', () => {
    expect(scheduler({ prediction_type: 'v_prediction' }).prediction).toBe('v');
    expect(scheduler({ prediction_type: 'epsilon' }).prediction).toBe('epsilon');
    expect(scheduler({ prediction_type: 'sample' }).prediction).toBeNull();
    expect(scheduler({ _class_name: 'LCMScheduler' }).sampling).toBe('lcm');
    const turbo = { _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'trailing' };
    expect(scheduler(turbo).sampling).toBe('turbo');
    expect(scheduler({ ...turbo, timestep_spacing: 'leading' }).sampling).toBeNull();
    expect(found([checkpoint], configs('vae/config.json', { scaling_factor: 0.2 })).latentScale).toBe(0.2);
    expect(found([checkpoint], configs('model_index.json', null)).latentScale).toBeNull();
  });

  it('is read from the files’ own notes, after configs', () => {
    const notes = {
      'modelspec.prediction_type': 'v',
      'modelspec.architecture': 'stable-diffusion-v2-turbo',
      'modelspec.encoder_layer': '2',
    };
    const noted = { ...checkpoint, notes };
    expect(found([noted])).toMatchObject({ prediction: 'v', sampling: 'turbo', clipSkip: 2 });
    const value = { prediction_type: 'epsilon' };
    expect(found([noted], configs('scheduler_config.json', value)).prediction).toBe('epsilon');
    const second = { ...files.unet, table: tableOf(unet.tensors(drawer2)), notes };
    expect(found([second]).clipSkip).toBe(1);
    // Of a file that is not used.
    expect(found([checkpoint, { ...files.lora, notes }]).prediction).toBeNull();
  });

  it('is the number of heads, where a config has one that fits', () => {
    const heads = (value: unknown) =>
      found([checkpoint], configs('unet/config.json', { attention_head_dim: value })).parts.unet?.structure
        .heads;
    expect(heads([5, 10, 20, 20])).toEqual([5, 10, 20, 20]);
    expect(heads(10)).toEqual([10, 10, 10, 10]);
    expect(heads([5, 10])).toEqual(drawer.heads);
    expect(heads(7)).toEqual(drawer.heads);
  });

  it('is LCM where the UNet takes the guidance', () => {
    const table = tableOf(unet.tensors({ ...drawer, condition: 256 }));
    expect(found([{ ...files.unet, table }]).sampling).toBe('lcm');
  });
});

describe('files that do not do', () => {
  it.each([
    ['sdxl', named('conditioner.embedders.0.transformer.text_model.final_layer_norm.bias')],
    ['sdxl', tableOf([...unet.tensors(drawer), { name: 'add_embedding.linear_1.weight', shape: [1, 1] }])],
    ['sdxl', named('model.diffusion_model.label_emb.0.0.weight')],
    ['sdxl', tableOf(clip.tensors({ ...reader, width: 1280, layers: 1 }))],
    ['sd3', named('model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight')],
    ['flux', named('double_blocks.0.img_attn.qkv.weight')],
    [
      'flux',
      named('single_transformer_blocks.0.attn.to_q.weight', 'transformer_blocks.0.norm1.linear.weight'),
    ],
    ['qwen-image', named('transformer_blocks.0.img_mod.1.weight')],
    ['pixart', named('adaln_single.linear.weight')],
    ['cascade', named('clip_txt_mapper.weight')],
    ['video', named('down_blocks.0.motion_modules.0.temporal_transformer.norm.bias')],
    ['ip-adapter', named('image_proj.proj.weight')],
    ['large-text', named('encoder.block.0.layer.0.SelfAttention.q.weight')],
    ['vae', tableOf([{ name: 'decoder.conv_in.weight', shape: [512, 16, 3, 3] }])],
  ])('are named: %s', (family, table) => {
    const error = refusal([{ name: 'given.safetensors', table }]);
    expect(error).toMatchObject({ code: 'model-unsupported', detail: { family } });
    expect(error?.message).toContain('"given.safetensors" is ');
    expect(error?.message).toContain('Choose Stable Diffusion 1.x or 2.x');
  });

  it('are UNets for something else', () => {
    const table = tableOf(unet.tensors({ ...drawer, channels: 9 }));
    expect(refusal([{ name: 'holes.safetensors', table }])?.message).toContain(
      '"holes.safetensors" fills holes',
    );
  });

  it('enlarge by themselves', () => {
    const given = {
      name: 'ldsr.ckpt',
      table: tableOf([
        ...under('model.diffusion_model.', ldsrUnet.tensors(enlarger)),
        ...under('first_stage_model.', ldsrDecoder.tensors(codes)),
      ]),
    };
    const { parts } = found([given]);
    expect(parts['ldsr-unet']?.structure).toEqual(enlarger);
    expect(parts['ldsr-decoder']?.structure).toEqual(codes);
    expect([parts.unet, parts['vae-decoder']]).toEqual([undefined, undefined]);
    expect(refusal([given])?.message).toContain('"ldsr.ckpt" is latent super-resolution');
  });

  it('are none of a diffusion model', () => {
    const error = refusal([{ name: 'up.pth', table: named('conv_first.weight') }]);
    expect(error).toMatchObject({ code: 'model-unrecognised', detail: { name: 'up.pth' } });
  });

  it('lack parts, each of which is named with where it is found', () => {
    const error = refusal([files.unet]);
    expect(error).toMatchObject({
      code: 'model-unavailable',
      detail: { parts: 'text-encoder, vae', base: 'sd1' },
    });
    expect(error?.message).toContain('comes with no text encoder: add "text_encoder/model.safetensors"');
    expect(error?.message).toContain('no VAE: add "vae/diffusion_pytorch_model.safetensors"');
    expect(error?.message).toContain('Stable Diffusion 1.x');
    expect(refusal([files.text, files.vae])?.message).toContain('The files hold no UNet');
    expect(refusal([files.unet, files.text, files.tinyDecoder])?.detail?.['parts']).toBe('vae');
  });

  it('do not fit each other', () => {
    const text = { name: 'text.safetensors', table: tableOf(clip.tensors(reader2)) };
    expect(refusal([files.unet, text, files.vae])?.message).toContain('is that of Stable Diffusion 2.x');
    const second = { ...files.unet, table: tableOf(unet.tensors(drawer2)) };
    const parts = [second, text, files.vae];
    expect(refusal(parts)).toBeNull();
    expect(refusal([...parts, files.control])?.message).toContain(
      'ControlNet in "tile.safetensors" is for Stable Diffusion 1.x',
    );
    const narrow = { ...control, layers: [1, 1, 1, 1] };
    const small = { name: 'small.safetensors', table: tableOf(controlnet.tensors(narrow)) };
    expect(refusal([checkpoint, small])?.message).toContain('does not fit the UNet');
  });
});

describe('any tables', () => {
  const base = [
    ...under('model.diffusion_model.', unet.tensors(drawer)),
    ...under('cond_stage_model.transformer.', clip.tensors(reader)),
    ...under('first_stage_model.', vaeSpecs),
  ];
  const numbered = [
    ['input_blocks.0.0.weight', [320, 4, 3, 3]],
    ['time_embed.0.weight', [1280, 320]],
    ['input_blocks.1.0.in_layers.2.weight', [320, 320, 3, 3]],
    ['input_blocks.1.1.proj_in.weight', [320, 320, 1, 1]],
    ['out.2.weight', [4, 320, 3, 3]],
    ['transformer.resblocks.0.attn.in_proj_weight', [10, 64]],
    ['positional_embedding', [77, 64]],
    ['token_embedding.weight', [49408, 64]],
    ['decoder.up.7.block.0.nin_shortcut.weight', [1]],
    ['decoder.conv_in.weight', [512, 4, 3, 3]],
    ['encoder.mid.attn_1.q.weight', [512, 512, 1, 1]],
  ] as const;

  it('are taken or refused, and never thrown at', () => {
    const specs = [...base, ...numbered.map(([name, shape]) => ({ name, shape }))];
    fc.assert(
      fc.property(
        fc.subarray(specs, { minLength: specs.length - 400 }),
        fc.array(fc.tuple(fc.nat(), fc.array(fc.nat(5), { maxLength: 5 })), { maxLength: 20 }),
        fc.boolean(),
        (kept, shapes, bare) => {
          const changed = [...kept];
          for (const [index, shape] of shapes) {
            const at = index % Math.max(1, changed.length);
            const { name } = changed[at] ?? { name: 'x' };
            changed[at] = { name, shape };
          }
          const names = bare
            ? changed.map(({ name, shape }) => ({ name: name.replace(/^.*?_model\./, ''), shape }))
            : changed;
          const model = findParts([{ name: 'any', table: tableOf(names) }]);
          const whole = model.ok ? wholeModel(model.value) : model;
          expect(whole.ok || whole.error.message.length > 0).toBe(true);
          if (!whole.ok) return;
          const { table, structure } = whole.value.text;
          buildPart(clip, table, structure, { batch: 1, height: 8, width: 8, tokens: 77 }, 'fp32');
        },
      ),
      { numRuns: 60 },
    );
  });
});
