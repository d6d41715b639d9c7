/**
 * The network of latent super-resolution (Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022;
 * CompVis/ldm-super-resolution-4x-openimages, diffusers' UNet2DModel): it takes noise off a latent beside the small
 * picture itself, which has the latent's size, and knows of no text.
 */

import { invariant } from '../../base/assert.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { convolutionSpecs, flags, isSizes, numbers, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import { linearSpecs } from '../ops/channels-last.ts';
import { groupNorm, normalSpecs, silu } from './layers.ts';
import { ldsrBlocks, type LdsrBlock, ldsrBlockSpecs } from './ldsr-blocks.ts';
import type { Part, PartForm } from './part.ts';
import { timeFeatures } from './unet-blocks.ts';
import { doubled, type Feature, halved, isWidths, mapAttention, residual } from './vae-blocks.ts';
import { count } from './vae-structure.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type LdsrStructure = {
  /** Of the levels, the latent's own first; each further one halves its sides. */
  readonly widths: readonly number[];
  /** Residual blocks of each level on the way down; there is one more on the way up. */
  readonly layers: number;
  /** Of each level: 1 when its pixels attend to each other. */
  readonly attends: readonly number[];
  /** Channels of one head of attention. */
  readonly head: number;
  /** 1 when attention's queries, keys and values are one matrix. */
  readonly packed: 0 | 1;
};

/** Of the latent and of a picture. */
const channels = 3;
const epsilon = 1e-5;
/** Shapes do not tell; the published network was trained so (`num_head_channels`). */
const publishedHead = 32;

/** The sides of latents must be multiples of this. */
export function ldsrMultiple({ widths }: LdsrStructure): number {
  return 2 ** (widths.length - 1);
}

/**
 * Inputs: `sample` [batch, 3, h, w], `low` [batch, 3, h, w], the small picture in -1..1, and `timestep` [batch]. Output: `noise`
 * [batch, 3, h, w]. Its schedule: betas from 0.0015 to 0.0155, whose roots are linear, over 1000 steps.
 */
export const ldsrUnet: Part<LdsrStructure> = {
  kind: 'ldsr-unet',

  structure(table: TensorTable): LdsrStructure | null {
    const level = (index: number): string => `down_blocks.${index}`;
    const has = (name: string): boolean => table.tensors.has(name);
    const inputs = shapeOf(table, 'conv_in.weight', 4)?.[1];
    const outputs = shapeOf(table, 'conv_out.weight', 4)?.[0];
    // Other networks that see a small picture have text too, and then transformers.
    const plain = has('mid_block.attentions.0.group_norm.weight');
    if (inputs !== 2 * channels || outputs !== channels || !plain) return null;
    const levels = count((index) => has(`${level(index)}.resnets.0.conv1.weight`));
    const names = Array.from({ length: levels }, (_, index) => level(index));
    return ldsrUnet.parse({
      widths: names.map((name) => shapeOf(table, `${name}.resnets.0.conv1.weight`, 4)?.[0] ?? 0),
      layers: count((index) => has(`${level(0)}.resnets.${index}.conv1.weight`)),
      attends: names.map((name) => (has(`${name}.attentions.0.group_norm.weight`) ? 1 : 0)),
      head: publishedHead,
      packed: has('mid_block.attentions.0.qkv.weight') ? 1 : 0,
    });
  },

  parse(given: Structure): LdsrStructure | null {
    const base = numbers(given, ['layers', 'head']);
    const flag = flags(given, ['packed']);
    const { widths, attends } = given;
    if (!base || !flag || !isSizes(widths) || !isWidths(widths) || !Array.isArray(attends)) return null;
    const told = attends.filter((one): one is 0 | 1 => one === 0 || one === 1);
    const fits =
      told.length === widths.length &&
      told.length === attends.length &&
      widths.every((width) => width % base.head === 0);
    return fits ? { widths, attends: told, ...base, ...flag } : null;
  },

  tensors(structure: LdsrStructure): TensorSpec[] {
    const [first = 0] = structure.widths;
    const [time, packed] = [4 * first, structure.packed === 1];
    return [
      ...convolutionSpecs('conv_in', first, 2 * channels),
      ...linearSpecs('time_embedding.linear_1', time, first),
      ...linearSpecs('time_embedding.linear_2', time, time),
      ...blocksOf(structure).flatMap((block) => ldsrBlockSpecs(block, { time, packed })),
      ...normalSpecs('conv_norm_out', first),
      ...convolutionSpecs('conv_out', channels, first),
    ];
  },

  graph(builder: GraphBuilder, structure: LdsrStructure, form: PartForm): readonly GraphOutput[] {
    const { batch, height, width } = form;
    const multiple = ldsrMultiple(structure);
    invariant(height % multiple === 0 && width % multiple === 0, `Sides must be multiples of ${multiple}`);
    const [first = 0] = structure.widths;
    const shape = [batch, channels, height, width];
    const ends = [builder.input('sample', 'f32', shape), builder.input('low', 'f32', shape)];
    const timestep = builder.input('timestep', 'f32', [batch]);
    const time = timeFeatures(builder, timestep, { batch, width: first, condition: null });
    const given = builder.intoCompute(builder.concat(ends));
    const value = builder.convolution(given, 'conv_in');
    let map: Feature = { value, batch, channels: first, height, width };
    const kept = [map];
    const packed = structure.packed === 1;
    for (const { kind, name, joined, outputs, keeps } of blocksOf(structure)) {
      const beside = joined > 0 ? kept.pop() : undefined;
      if (beside) {
        const both = builder.concat([map.value, beside.value]);
        map = { ...map, value: both, channels: map.channels + beside.channels };
      }
      const heads = map.channels / structure.head;
      if (kind === 'residual') map = residual(builder, map, name, outputs, { epsilon, time });
      else if (kind === 'attention') map = mapAttention(builder, map, name, { heads, epsilon, packed });
      else if (kind === 'half') map = halved(builder, map, name, [1, 1, 1, 1]);
      else map = doubled(builder, map, name);
      if (keeps) kept.push(map);
    }
    const normal = silu(builder, groupNorm(builder, map.value, 'conv_norm_out', map, { epsilon }));
    const noise = builder.outOfCompute(builder.convolution(normal, 'conv_out'));
    return [{ name: 'noise', value: noise, shape }];
  },
};

function blocksOf({ widths, layers, attends }: LdsrStructure): LdsrBlock[] {
  return ldsrBlocks(widths, layers, attends);
}
