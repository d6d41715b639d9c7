/**
 * Swin2SR (Conde et al., "Swin2SR: SwinV2 Transformer for Compressed Image Super-Resolution and Restoration", ECCVW 2022) with the ends of
 * SwinIR. No shape tells the window: it is read from the index buffer, and is 8 where a file lost that, as published.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, flags, isSizes, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { cosineBlock, cosineBlockSpecs, logDistances } from './ops/cosine-attention.ts';
import { channelsFirst, channelsLast, linearFlops, norm, normSpecs } from './ops/channels-last.ts';
import { fromChannels, intoChannels } from './ops/picture-channels.ts';
import { Rectangles } from './ops/rectangles.ts';
import { groupEnd, groupEndSpecs } from './ops/residual-groups.ts';
import { endArea, endGraph, endings, endOf, endSpecs } from './ops/swin-ends.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type Swin2srStructure = {
  readonly features: number;
  /** Blocks of each group. */
  readonly depths: readonly number[];
  readonly heads: number;
  readonly window: number;
  readonly hidden: number;
  readonly channels: number;
  /** How the pixels are made (`endings`), how much larger, and through how many channels. */
  readonly ending: number;
  readonly grow: number;
  readonly end: number;
  /** 1 when three narrow convolutions stand for one at the end of each group. */
  readonly narrow: number;
  readonly qkvBias: number;
};

/** DIV2K's mean colour, which networks of three channels were trained around. */
const mean = [0.4488, 0.4371, 0.404];
const usualWindow = 8;
/** The published networks against JPEG's blocks, the only ones with windows of 7, take values of 0 to 255. */
const jpegWindow = 7;
const jpegRange = 255;

export const swin2sr: Architecture<Swin2srStructure> = {
  family: 'swin2sr',

  ignores: (name) => /\.(relative_position_index|relative_coords_table|attn_mask)$/.test(name),

  structure(table: TensorTable): Swin2srStructure | null {
    const first = blockName(0, 0);
    const [features, inputs] = shapeOf(table, 'conv_first.weight', 4) ?? [];
    const [heads] = shapeOf(table, `${first}.attn.logit_scale`, 3) ?? [];
    const pixels = shapeOf(table, `${first}.attn.relative_position_index`, 2)?.[0] ?? usualWindow ** 2;
    const hidden = shapeOf(table, `${first}.mlp.fc1.weight`, 2)?.[0];
    if (features === undefined || inputs === undefined) return null;
    if (heads === undefined || hidden === undefined) return null;
    const end = endOf(table, inputs);
    const depths: number[] = [];
    for (let blocks = blocksOf(table, 0); blocks > 0; blocks = blocksOf(table, depths.length)) {
      depths.push(blocks);
    }
    return (
      end &&
      swin2sr.parse({
        features,
        depths,
        heads,
        window: Math.sqrt(pixels),
        hidden,
        ...end,
        narrow: table.tensors.has('conv_after_body.0.weight') ? 1 : 0,
        qkvBias: table.tensors.has(`${first}.attn.q_bias`) ? 1 : 0,
      })
    );
  },

  parse(given: Structure): Swin2srStructure | null {
    const { depths, end } = given;
    const base = numbers(given, ['features', 'heads', 'window', 'hidden', 'channels', 'ending', 'grow']);
    const told = flags(given, ['narrow', 'qkvBias']);
    if (!base || !told || typeof end !== 'number' || !isSizes(depths)) return null;
    const { features, heads, channels, ending } = base;
    const fits = features % heads === 0 && (channels === 1 || channels === 3) && ending <= endings.auxiliary;
    return fits ? { ...base, ...told, end, depths: [...depths] } : null;
  },

  scale: ({ grow }) => grow,

  // An estimate: windows after one another, four of them.
  rules: ({ window }) => ({
    context: 4 * window,
    blend: 16,
    multiple: window,
  }),

  tensors(structure: Swin2srStructure): TensorSpec[] {
    const { features, depths, channels, narrow } = structure;
    const specs = [
      ...convolutionSpecs('conv_first', features, channels),
      ...convolutionSpecs('patch_embed.proj', features, features, 1),
      ...normSpecs('patch_embed.norm', features),
    ];
    depths.forEach((depth, group) => {
      for (let block = 0; block < depth; block++) {
        specs.push(...cosineBlockSpecs(blockName(group, block), structure));
      }
      specs.push(
        ...groupEndSpecs(`layers.${group}.conv`, features, narrow),
        ...convolutionSpecs(`layers.${group}.patch_embed.proj`, features, features, 1),
      );
    });
    return [
      ...specs,
      ...normSpecs('norm', features),
      ...groupEndSpecs('conv_after_body', features, narrow),
      ...endSpecs(structure),
    ];
  },

  graph(builder: GraphBuilder, structure: Swin2srStructure, input: string): string {
    const { depths, window, channels, ending, narrow } = structure;
    const middle = builder.node('Reshape', [builder.floats(mean), builder.integers([1, 3, 1, 1])]);
    const range = window === jpegWindow ? builder.floats([jpegRange]) : null;
    let picture = intoChannels(builder, input, channels);
    if (channels === 3) picture = builder.node('Sub', [picture, middle]);
    if (range) picture = builder.node('Mul', [picture, range]);
    const given = builder.intoCompute(picture);
    const first = builder.convolution(given, 'conv_first');
    const distances = logDistances(builder, window);
    const rectangles = new Rectangles(builder, first, channels === 1 ? 3 : 1);
    let value = norm(builder, embedded(builder, first, 'patch_embed'), 'patch_embed.norm');
    depths.forEach((depth, group) => {
      let inner = value;
      for (let block = 0; block < depth; block++) {
        inner = cosineBlock(
          builder,
          rectangles,
          inner,
          blockName(group, block),
          structure,
          block % 2 === 1,
          distances,
        );
      }
      inner = groupEnd(builder, channelsFirst(builder, inner), `layers.${group}.conv`, narrow);
      value = builder.node('Add', [value, embedded(builder, inner, `layers.${group}.patch_embed`)]);
    });
    value = channelsFirst(builder, norm(builder, value, 'norm'));
    value = builder.node('Add', [groupEnd(builder, value, 'conv_after_body', narrow), first]);
    let output = endGraph(builder, structure, value, picture);
    if (ending === endings.restore) output = builder.node('Add', [output, picture]);
    if (range) output = builder.node('Div', [output, range]);
    if (channels === 3) output = builder.node('Add', [output, middle]);
    return fromChannels(builder, output, channels);
  },

  cost(structure: Swin2srStructure): Cost {
    const { features, depths, heads, window, hidden, channels, grow, end } = structure;
    const specs = swin2sr.tensors(structure);
    const pixels = window * window;
    const blocks = depths.reduce((sum, depth) => sum + depth, 0);
    const logits = heads * pixels;
    const output = Math.max(end, channels) * grow * grow;
    const share = channels === 1 ? 3 : 1;
    return {
      flopsPerPixel:
        share *
        (convolutionFlops(specs, (name) => endArea(name, structure)) +
          linearFlops(specs.filter((spec) => !spec.name.includes('.cpb_mlp.'))) +
          blocks * 4 * pixels * features),
      // Three skips beside queries, keys and values, twice, and the logits, their bias and the mask; or a feed-forward; or the end.
      bytesPerPixel:
        4 *
        share *
        Math.max(9 * features + 3 * logits + pixels, 4 * features + 2 * hidden, 2 * features + 3 * output),
      bindingPerPixel: 4 * share * Math.max(logits, 3 * features, hidden, output),
    };
  },
};

/** A convolution of single pixels, and the turn to channels last. */
function embedded(builder: GraphBuilder, map: string, name: string): string {
  return channelsLast(builder, builder.convolution(map, `${name}.proj`));
}

function blockName(group: number, block: number): string {
  return `layers.${group}.residual_group.blocks.${block}`;
}

function blocksOf(table: TensorTable, group: number): number {
  let blocks = 0;
  while (table.tensors.has(`${blockName(group, blocks)}.norm1.weight`)) blocks++;
  return blocks;
}
