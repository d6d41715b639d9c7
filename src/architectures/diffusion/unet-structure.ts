/** What fixes the shape of a conditional UNet and of the ControlNets beside it, read from the tensors' names and shapes. */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure } from '../architecture.ts';
import { flags, isSizes, numbers, shapeOf } from '../common.ts';

/** The half that a ControlNet copies: what comes before the way up. Types and not interfaces: see `Structure`. */
export type UnetDownStructure = {
  /** Of what goes in: 4 is a latent; see `unetUse`. */
  readonly channels: number;
  /** Of the maps at each level, from the finest to the coarsest. */
  readonly widths: readonly number[];
  /** Residual blocks a level. */
  readonly layers: readonly number[];
  /** Attention blocks in each transformer of a level; 0 where it has none. */
  readonly depths: readonly number[];
  /** Attention heads a level. No tensor tells them: `usualHeads`, unless a config does. */
  readonly heads: readonly number[];
  /** Residual blocks between the way down and the way up; 0 where distilling took them out. */
  readonly middleLayers: number;
  readonly middleDepth: number;
  /** Of the text's features. */
  readonly context: number;
  /** Of the time's features. */
  readonly embedding: number;
  /** Of the guidance scale's features that LCM takes beside the time; 0 where there are none. */
  readonly condition: number;
  /** 1 where transformers' first and last layers are matrices, 0 where they are 1x1 convolutions. */
  readonly linear: number;
};

export type UnetStructure = UnetDownStructure & {
  /** Of what comes out. */
  readonly outputs: number;
  /** As `layers` and `depths`, in the order of the way up: from the coarsest level to the finest. */
  readonly upLayers: readonly number[];
  readonly upDepths: readonly number[];
};

/**
 * What UNets are for that take so many channels, which no other tensor tells: a latent alone; with a depth map, a small
 * picture, or the latent of the picture that an instruction is for; or with a mask and what is around it. Null for others.
 */
export function unetUse(channels: number): 'plain' | 'depth' | 'upscaler' | 'instruct' | 'inpaint' | null {
  const uses = { 4: 'plain', 5: 'depth', 7: 'upscaler', 8: 'instruct', 9: 'inpaint' } as const;
  const known = ([4, 5, 7, 8, 9] as const).find((one) => one === channels);
  return known === undefined ? null : uses[known];
}

/** A latent map's sides must be multiples of this: each level halves them, and the way up doubles them again. */
export function unetMultiple({ widths }: UnetDownStructure): number {
  return 2 ** (widths.length - 1);
}

/** The width of CLIP ViT-L/14's text features. */
const clipContext = 768;
const [usualCount, usualHead] = [8, 64];

/**
 * Attention heads a level as Stable Diffusion's configs have them: eight where the text is CLIP ViT-L's (SD 1.x and what was
 * distilled from it), heads of 64 features for the others.
 */
export function usualHeads(widths: readonly number[], context: number): number[] {
  const eight = context === clipContext || widths.some((width) => width % usualHead !== 0);
  return widths.map((width) => (eight ? usualCount : width / usualHead));
}

/** What the way down has in a table: null where it is no UNet's. */
export function readDown(table: TensorTable): UnetDownStructure | null {
  const [first, channels] = shapeOf(table, 'conv_in.weight', 4) ?? [];
  const [embedding] = shapeOf(table, 'time_embedding.linear_1.weight', 2) ?? [];
  if (first === undefined || channels === undefined || embedding === undefined) return null;
  const widths: number[] = [];
  for (;;) {
    const [width] = shapeOf(table, `down_blocks.${widths.length}.resnets.0.conv1.weight`, 4) ?? [];
    if (width === undefined) break;
    widths.push(width);
  }
  const firstTransformer = transformers.find((name) => table.tensors.has(`${name}.proj_in.weight`));
  const projection = table.tensors.get(`${firstTransformer ?? ''}.proj_in.weight`)?.shape;
  const context = shapeOf(table, `${firstTransformer ?? ''}.transformer_blocks.0.attn2.to_k.weight`, 2)?.[1];
  if (projection === undefined || context === undefined) return null;
  const condition = shapeOf(table, 'time_embedding.cond_proj.weight', 2)?.[1] ?? 0;
  return parseDown({
    channels,
    widths,
    ...readLevels(table, 'down_blocks', widths.length),
    heads: usualHeads(widths, context),
    middleLayers: count(table, (index) => `mid_block.resnets.${index}.conv1.weight`),
    middleDepth: depthOf(table, 'mid_block'),
    context,
    embedding,
    condition,
    linear: projection.length === 2 ? 1 : 0,
  });
}

/** Residual blocks and attention blocks of so many levels. */
export function readLevels(
  table: TensorTable,
  side: 'down_blocks' | 'up_blocks',
  levels: number,
): { layers: number[]; depths: number[] } {
  const names = Array.from({ length: levels }, (_, index) => `${side}.${index}`);
  return {
    layers: names.map((name) => count(table, (index) => `${name}.resnets.${index}.conv1.weight`)),
    depths: names.map((name) => depthOf(table, name)),
  };
}

/** Where the first transformer may be. */
const transformers = [
  ...Array.from({ length: 8 }, (_, index) => `down_blocks.${index}.attentions.0`),
  'mid_block.attentions.0',
];

function count(table: TensorTable, name: (index: number) => string): number {
  let index = 0;
  while (table.tensors.has(name(index))) index++;
  return index;
}

function depthOf(table: TensorTable, block: string): number {
  return count(table, (index) => `${block}.attentions.0.transformer_blocks.${index}.norm1.weight`);
}

/** The structure from plain numbers; `heads` may be left out for the usual ones. */
export function parseDown(given: Structure): UnetDownStructure | null {
  const base = numbers(given, ['channels', 'context', 'embedding']);
  const told = flags(given, ['linear']);
  const { widths, layers, depths, middleLayers = 0, middleDepth = 0, condition = 0 } = given;
  if (!base || !told || !isSizes(widths) || !isSizes(layers) || !isCounts(depths)) return null;
  const { heads = usualHeads(widths, base.context) } = given;
  if (!isSizes(heads) || !isCount(middleLayers) || !isCount(middleDepth) || !isCount(condition)) {
    return null;
  }
  const even = [layers, depths, heads].every((list) => list.length === widths.length);
  const divides = widths.every((width, level) => width % groups === 0 && width % (heads[level] ?? 0) === 0);
  const middle = middleDepth === 0 || middleLayers > 1;
  if (!even || !divides || !middle) return null;
  return { ...base, widths, layers, depths, heads, middleLayers, middleDepth, condition, ...told };
}

/** Of every group normalisation. */
const groups = 32;

/** Whether it is a list of whole numbers from 0. */
export function isCounts(value: number | readonly number[] | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
