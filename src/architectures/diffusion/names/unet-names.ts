/**
 * UNets and ControlNets under the names of the program of the latent diffusion paper (CompVis, Stability AI), which numbers its
 * blocks through: `input_blocks.4.1.proj_in` is `down_blocks.1.attentions.0.proj_in` in diffusers' folders. Which number is which
 * block is read off the tensors, because distilled UNets have fewer; numbers may be left out.
 */

import type { TensorTable } from '../../../formats/tensor-table.ts';
import { moved, replaced } from './rename.ts';

const residual: readonly (readonly [RegExp, string])[] = [
  [/^in_layers\.0\./, 'norm1.'],
  [/^in_layers\.2\./, 'conv1.'],
  [/^emb_layers\.1\./, 'time_emb_proj.'],
  [/^out_layers\.0\./, 'norm2.'],
  [/^out_layers\.3\./, 'conv2.'],
  [/^skip_connection\./, 'conv_shortcut.'],
];

const outside: readonly (readonly [RegExp, string])[] = [
  [/^time_embed\.0\./, 'time_embedding.linear_1.'],
  [/^time_embed\.2\./, 'time_embedding.linear_2.'],
  [/^time_embed\.cond_proj\./, 'time_embedding.cond_proj.'],
  [/^label_emb\.0\.0\./, 'add_embedding.linear_1.'],
  [/^label_emb\.0\.2\./, 'add_embedding.linear_2.'],
  [/^input_blocks\.0\.0\./, 'conv_in.'],
  [/^out\.0\./, 'conv_norm_out.'],
  [/^out\.2\./, 'conv_out.'],
  [/^zero_convs\.(\d+)\.0\./, 'controlnet_down_blocks.$1.'],
  [/^middle_block_out\.0\./, 'controlnet_mid_block.'],
  [/^input_hint_block\.0\./, 'controlnet_cond_embedding.conv_in.'],
  [/^input_hint_block\.14\./, 'controlnet_cond_embedding.conv_out.'],
];

/** Every second layer of it is a convolution; those between the first and the last are counted from 0. */
const hint = /^input_hint_block\.(\d+)\./;
const inBlock = /^((?:input|output)_blocks\.\d+\.\d+|middle_block\.\d+)\.(.+)$/;

type Layer = 'residual' | 'transformer' | 'down' | 'up';

/** Whether a table's tensors, without a prefix, go by these names. */
export function isNumbered({ tensors }: TensorTable): boolean {
  return tensors.has('input_blocks.0.0.weight') && tensors.has('time_embed.0.weight');
}

/** The same tensors under diffusers' names. Names that do not belong to this scheme stay. */
export function numberedToNamed(table: TensorTable): TensorTable {
  const blocks = blockNames(table);
  return moved(table, (entry) => {
    const { name } = entry;
    const [, number = '', rest = ''] = inBlock.exec(name) ?? [];
    const block = blocks.get(number);
    if (block !== undefined) return [{ ...entry, name: `${block}.${replaced(convolution(rest), residual)}` }];
    const layer = Number(hint.exec(name)?.[1] ?? 0);
    const renamed =
      layer > 0 && layer < 14
        ? name.replace(hint, `controlnet_cond_embedding.blocks.${layer / 2 - 1}.`)
        : replaced(name, outside);
    return [{ ...entry, name: renamed }];
  });
}

/** `op.weight` of a step down is `conv.weight`. */
function convolution(rest: string): string {
  return rest.replace(/^op\./, 'conv.');
}

/** Diffusers' name of every numbered layer, e.g. `down_blocks.0.attentions.1` for `input_blocks.2.1`. */
function blockNames(table: TensorTable): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [side, named] of [
    ['input_blocks', 'down_blocks'],
    ['middle_block', 'mid_block'],
    ['output_blocks', 'up_blocks'],
  ] as const) {
    let [level, residuals, transformers] = [0, 0, 0];
    for (const [number, layer] of readLayers(table, side)) {
      const block = side === 'middle_block' ? named : `${named}.${level}`;
      if (layer === 'residual') names.set(number, `${block}.resnets.${residuals++}`);
      else if (layer === 'transformer') names.set(number, `${block}.attentions.${transformers++}`);
      else {
        names.set(number, `${block}.${layer}samplers.0`);
        // A step to another size ends a level.
        [level, residuals, transformers] = [level + 1, 0, 0];
      }
    }
  }
  return names;
}

/** The numbered layers of one side in their order; the very first convolution is none of them. */
function readLayers({ tensors }: TensorTable, side: string): [number: string, layer: Layer][] {
  const found = new Map<string, Layer>();
  for (const name of tensors.keys()) {
    const [, number = '', rest = ''] = inBlock.exec(name) ?? [];
    if (number.startsWith(side) && number !== 'input_blocks.0.0')
      found.set(number, layerOf(rest, found.get(number)));
  }
  return [...found].sort(([a], [b]) => place(a) - place(b));
}

function layerOf(rest: string, known: Layer = 'transformer'): Layer {
  if (/^(in_layers|out_layers|emb_layers|skip_connection)\./.test(rest)) return 'residual';
  if (rest.startsWith('op.')) return 'down';
  return rest.startsWith('conv.') ? 'up' : known;
}

/** `output_blocks.5.1` comes after `output_blocks.5.0` and before `output_blocks.10.0`. */
function place(number: string): number {
  const [, block = 0, layer = 0] = number.split('.').map(Number);
  return block * 100 + layer;
}
