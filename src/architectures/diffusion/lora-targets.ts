/**
 * Which tensor a LoRA's layer changes. Files write a layer's name with underscores for dots, so that only the base's own
 * names tell where the dots were: the map is made from them.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';

export type LoraPart = 'unet' | 'text-encoder';

/** What stands before a layer's name, longest first; null for parts of other families. */
const prefixes: readonly (readonly [RegExp, LoraPart | null])[] = [
  [/^lora_unet_/, 'unet'],
  [/^lora_te1?_/, 'text-encoder'],
  [/^(lora_te[23]_|text_encoder_[23]\.)/, null],
  [/^(base_model\.model\.)?(unet|diffusion_model)\.(base_model\.model\.)?/, 'unet'],
  [/^(base_model\.model\.)?text_encoder\./, 'text-encoder'],
  [/^(base_model\.model\.)?text_model\./, 'text-encoder'],
  [/^(base_model\.model\.)?/, 'unet'],
];

/** The part that a layer belongs to, and the layer's name there with underscores; null where no part of ours is named. */
export function layerAddress(layer: string): { readonly part: LoraPart; readonly key: string } | null {
  const [prefix, part] = prefixes.find(([pattern]) => pattern.test(layer)) ?? [];
  if (!prefix || !part) return null;
  return { part, key: layer.replace(prefix, '').replace('.processor.', '.').replaceAll('.', '_') };
}

/** From a layer's name with underscores, in any of the namings, to the name of the tensor that it changes. */
export function targetIndex(part: LoraPart, table: TensorTable): ReadonlyMap<string, string> {
  const index = new Map<string, string>();
  const modules = [...table.tensors.keys()].flatMap((name) => /^(.+)\.weight$/.exec(name)?.[1] ?? []);
  for (const module of modules) {
    const aliases = part === 'unet' ? unetAliases(module, table) : textAliases(module);
    for (const alias of [module, ...aliases]) index.set(alias.replaceAll('.', '_'), `${module}.weight`);
  }
  return index;
}

function unetAliases(module: string, table: TensorTable): readonly string[] {
  const names = [module, latentDiffusionName(module, table)];
  // Old diffusers files speak of the attention's output as one layer.
  return names.flatMap((name) => [name, name.replace(/\.to_out\.0$/, '.to_out')]);
}

const projections: readonly (readonly [RegExp, string])[] = [
  [/\.q_proj$/, '.to_q'],
  [/\.k_proj$/, '.to_k'],
  [/\.v_proj$/, '.to_v'],
  [/\.out_proj$/, '.to_out'],
];

function textAliases(module: string): readonly string[] {
  const old = projections.reduce((name, [end, alias]) => name.replace(end, alias), module);
  return [module, old].flatMap((name) => [name, name.replace(/^text_model\./, '')]);
}

/** Within a residual block. */
const residual: Readonly<Record<string, string>> = {
  norm1: 'in_layers.0',
  conv1: 'in_layers.2',
  time_emb_proj: 'emb_layers.1',
  norm2: 'out_layers.0',
  conv2: 'out_layers.3',
  conv_shortcut: 'skip_connection',
};

const ends: Readonly<Record<string, string>> = {
  conv_in: 'input_blocks.0.0',
  'time_embedding.linear_1': 'time_embed.0',
  'time_embedding.linear_2': 'time_embed.2',
  conv_norm_out: 'out.0',
  conv_out: 'out.2',
};

/**
 * A module's name in CompVis' latent diffusion, whose blocks are numbered through: two layers and a step down a level on
 * the way in, three layers on the way out. Source of both namings: https://github.com/CompVis/latent-diffusion and
 * https://github.com/huggingface/diffusers, scripts/convert_diffusers_to_original_stable_diffusion.py
 */
function latentDiffusionName(module: string, table: TensorTable): string {
  const end = ends[module];
  if (end !== undefined) return end;
  const mid = /^mid_block\.(resnets|attentions)\.(\d)\.(.+)$/.exec(module);
  if (mid) {
    const [, kind, number, rest = ''] = mid;
    return kind === 'attentions'
      ? `middle_block.1.${rest}`
      : `middle_block.${2 * Number(number)}.${inner(rest)}`;
  }
  const block = /^(down|up)_blocks\.(\d)\.(resnets|attentions|downsamplers|upsamplers)\.(\d)\.(.+)$/.exec(
    module,
  );
  if (!block) return module;
  const [, way, level, kind, number, rest = ''] = block;
  const [first, side] = way === 'down' ? [3 * Number(level) + 1, 'input'] : [3 * Number(level), 'output'];
  const start = `${side}_blocks.${first + Number(number)}`;
  if (kind === 'resnets') return `${start}.0.${inner(rest)}`;
  if (kind === 'attentions') return `${start}.1.${rest}`;
  if (kind === 'downsamplers') return `input_blocks.${first + 2}.0.op`;
  const attends = table.tensors.has(`up_blocks.${level}.attentions.0.proj_in.weight`);
  return `output_blocks.${first + 2}.${attends ? 2 : 1}.conv`;
}

function inner(name: string): string {
  return residual[name] ?? name;
}
