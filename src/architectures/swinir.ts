/**
 * SwinIR (Liang et al., "SwinIR: Image Restoration Using Swin Transformer", ICCVW 2021), classical, lightweight, real and large, and its
 * restorers that do not enlarge: groups of window attention, every second block over the map turned by half a window.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, flags, isSizes, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { channelsFirst, channelsLast, linearFlops, norm, normSpecs } from './ops/channels-last.ts';
import { fromChannels, intoChannels, unshuffledConvolution } from './ops/picture-channels.ts';
import { headsAtOnce } from './ops/multi-head.ts';
import { Rectangles } from './ops/rectangles.ts';
import { groupEnd, groupEndSpecs } from './ops/residual-groups.ts';
import { endArea, endGraph, endings, endOf, endSpecs } from './ops/swin-ends.ts';
import { windowBlock, windowBlockSpecs } from './ops/window-attention.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type SwinirStructure = {
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
  /** Pixels that the first convolution folds into channels, per side. */
  readonly unshuffle: number;
};

/** DIV2K's mean colour, which networks of three channels were trained around. */
const mean = [0.4488, 0.4371, 0.404];
/** The published networks against JPEG's blocks, the only ones with windows of 7, take values of 0 to 255. */
const jpegWindow = 7;
const jpegRange = 255;

export const swinir: Architecture<SwinirStructure> = {
  family: 'swinir',

  ignores: (name) => /\.(relative_position_index|attn_mask)$/.test(name),

  structure(table: TensorTable): SwinirStructure | null {
    const first = blockName(0, 0);
    const folded = shapeOf(table, 'conv_first.1.weight', 4);
    const [features, inputs] = folded ?? shapeOf(table, 'conv_first.weight', 4) ?? [];
    const [places, heads] = shapeOf(table, `${first}.attn.relative_position_bias_table`, 2) ?? [];
    const hidden = shapeOf(table, `${first}.mlp.fc1.weight`, 2)?.[0];
    if (features === undefined || inputs === undefined || places === undefined) return null;
    if (heads === undefined || hidden === undefined) return null;
    // A folded picture without a last convolution is RGB.
    const end = endOf(table, folded ? 3 : inputs);
    const depths: number[] = [];
    for (let blocks = blocksOf(table, 0); blocks > 0; blocks = blocksOf(table, depths.length)) {
      depths.push(blocks);
    }
    return (
      end &&
      swinir.parse({
        features,
        depths,
        heads,
        window: (Math.sqrt(places) + 1) / 2,
        hidden,
        ...end,
        narrow: table.tensors.has('conv_after_body.0.weight') ? 1 : 0,
        qkvBias: table.tensors.has(`${first}.attn.qkv.bias`) ? 1 : 0,
        unshuffle: Math.sqrt(inputs / end.channels),
      })
    );
  },

  parse(given: Structure): SwinirStructure | null {
    const { depths, end } = given;
    const base = numbers(given, [
      'features',
      'heads',
      'window',
      'hidden',
      'channels',
      'ending',
      'grow',
      'unshuffle',
    ]);
    const told = flags(given, ['narrow', 'qkvBias']);
    if (!base || !told || typeof end !== 'number' || !isSizes(depths)) return null;
    const { features, heads, channels, ending, grow, unshuffle } = base;
    const fits =
      features % heads === 0 &&
      (channels === 1 || channels === 3) &&
      grow % unshuffle === 0 &&
      ending <= endings.nearest;
    return fits ? { ...base, ...told, end, depths: [...depths] } : null;
  },

  scale: ({ grow, unshuffle }) => grow / unshuffle,

  // An estimate: windows after one another, four of them.
  rules: ({ window, unshuffle }) => ({
    context: 4 * window * unshuffle,
    blend: 16,
    multiple: window * unshuffle,
  }),

  tensors(structure: SwinirStructure): TensorSpec[] {
    const { features, depths, channels, narrow, unshuffle } = structure;
    const specs = [
      ...convolutionSpecs(firstName(unshuffle), features, channels * unshuffle * unshuffle),
      ...normSpecs('patch_embed.norm', features),
    ];
    depths.forEach((depth, group) => {
      for (let block = 0; block < depth; block++) {
        specs.push(...windowBlockSpecs(blockName(group, block), structure));
      }
      specs.push(...groupEndSpecs(`layers.${group}.conv`, features, narrow));
    });
    return [
      ...specs,
      ...normSpecs('norm', features),
      ...groupEndSpecs('conv_after_body', features, narrow),
      ...endSpecs(structure),
    ];
  },

  graph(builder: GraphBuilder, structure: SwinirStructure, input: string): string {
    const { features, depths, window, channels, ending, narrow, unshuffle } = structure;
    const middle = builder.node('Reshape', [builder.floats(mean), builder.integers([1, 3, 1, 1])]);
    const range = window === jpegWindow ? builder.floats([jpegRange]) : null;
    let picture = intoChannels(builder, input, channels);
    if (channels === 3) picture = builder.node('Sub', [picture, middle]);
    if (range) picture = builder.node('Mul', [picture, range]);
    const given = builder.intoCompute(picture);
    const name = firstName(unshuffle);
    const first =
      unshuffle === 1
        ? builder.convolution(given, name)
        : unshuffledConvolution(builder, given, name, features, channels, unshuffle);
    const rectangles = new Rectangles(builder, first, channels === 1 ? 3 : 1);
    let value = norm(builder, channelsLast(builder, first), 'patch_embed.norm');
    depths.forEach((depth, group) => {
      let inner = value;
      for (let block = 0; block < depth; block++) {
        inner = windowBlock(builder, rectangles, inner, blockName(group, block), structure, block % 2 === 1);
      }
      inner = groupEnd(builder, channelsFirst(builder, inner), `layers.${group}.conv`, narrow);
      value = builder.node('Add', [value, channelsLast(builder, inner)]);
    });
    value = channelsFirst(builder, norm(builder, value, 'norm'));
    value = builder.node('Add', [groupEnd(builder, value, 'conv_after_body', narrow), first]);
    let output = endGraph(builder, structure, value, picture);
    if (ending === endings.restore) output = builder.node('Add', [output, picture]);
    if (range) output = builder.node('Div', [output, range]);
    if (channels === 3) output = builder.node('Add', [output, middle]);
    return fromChannels(builder, output, channels);
  },

  cost(structure: SwinirStructure): Cost {
    const { features, depths, heads, window, hidden, channels, grow, end, unshuffle } = structure;
    const specs = swinir.tensors(structure);
    const pixels = window * window;
    const blocks = depths.reduce((sum, depth) => sum + depth, 0);
    const logits = headsAtOnce({ heads, keys: pixels }) * pixels;
    const output = Math.max(end, channels) * grow * grow;
    // Of a pixel of the map, of which a pixel of the picture has this many.
    const share = (channels === 1 ? 3 : 1) / (unshuffle * unshuffle);
    return {
      flopsPerPixel:
        share *
        (convolutionFlops(specs, (name) => endArea(name, structure)) +
          linearFlops(specs.filter((spec) => !spec.name.endsWith('_table'))) +
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

function firstName(unshuffle: number): string {
  return unshuffle === 1 ? 'conv_first' : 'conv_first.1';
}

function blockName(group: number, block: number): string {
  return `layers.${group}.residual_group.blocks.${block}`;
}

function blocksOf(table: TensorTable, group: number): number {
  let blocks = 0;
  while (table.tensors.has(`${blockName(group, blocks)}.norm1.weight`)) blocks++;
  return blocks;
}
