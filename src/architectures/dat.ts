/**
 * DAT, DAT-S, DAT-2 and DAT-light (Chen et al., "Dual Aggregation Transformer for Image Super-Resolution", ICCV 2023):
 * attention in rectangles and attention between channels in turn, each beside a convolution that it exchanges weights
 * with. Attention between channels, and the weights of channels, are taken over the whole tile.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import {
  convolutionFlops,
  convolutionSpecs,
  flags,
  isSizes,
  leastMultiple,
  numbers,
  shapeOf,
} from './common.ts';
import { channelBlock, rectangleBlock } from './dat-layers.ts';
import type { GraphBuilder } from './graph-builder.ts';
import {
  depthwiseSpecs,
  linearFlops,
  linearSpecs,
  normSpecs,
  spatialGateSpecs,
} from './ops/channels-last.ts';
import { rectangleSpecs, splitOf } from './ops/rectangle-attention.ts';
import { Rectangles } from './ops/rectangles.ts';
import { blockName, groupsArea, groupsGraph, groupsOf, groupsSpecs } from './ops/residual-groups.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type DatStructure = {
  readonly features: number;
  readonly depths: readonly number[];
  readonly heads: number;
  /** Sides of the rectangles, the shorter first. */
  readonly split: readonly number[];
  /** Width of the feed-forward layers. */
  readonly hidden: number;
  readonly scale: number;
  /** Channels of the end's own layers; 0 when it has none (light). */
  readonly end: number;
  readonly narrow: number;
  readonly qkvBias: number;
};

export const dat: Architecture<DatStructure> = {
  family: 'dat',

  // Tables and masks that are computed here, and a counter of training.
  ignores: (name) => /\.(relative_position_index|rpe_biases|attn_mask_[01]|num_batches_tracked)$/.test(name),

  structure(table: TensorTable): DatStructure | null {
    const first = blockName(0, 0);
    const groups = groupsOf(table);
    const split = splitOf(table, `${first}.attn.attns.0`);
    const hidden = shapeOf(table, `${first}.ffn.fc1.weight`, 2)?.[0];
    const heads = shapeOf(table, `${first}.attn.attns.0.pos.pos3.2.weight`, 2)?.[0];
    const mixed = table.tensors.has(`${first}.attn.spatial_interaction.0.weight`);
    if (!groups || !split || hidden === undefined || heads === undefined || !mixed) return null;
    const qkvBias = table.tensors.has(`${first}.attn.qkv.bias`) ? 1 : 0;
    return dat.parse({ ...groups, split, hidden, heads: 2 * heads, qkvBias });
  },

  parse(given: Structure): DatStructure | null {
    const base = numbers(given, ['features', 'heads', 'hidden', 'scale']);
    const told = flags(given, ['narrow', 'qkvBias']);
    const { depths, split, end } = given;
    if (!base || !told || typeof end !== 'number' || !isSizes(depths) || !isSizes(split)) return null;
    const fits = split.length === 2 && base.heads % 2 === 0 && base.features % base.heads === 0;
    return fits && base.features >= 32 && base.hidden % 2 === 0
      ? { ...base, ...told, end, depths: [...depths], split: [...split] }
      : null;
  },

  scale: ({ scale }) => scale,

  // Measured with DAT-light (docs/models.md). No more: its rectangles make the smallest tile large enough.
  rules: ({ split: [short = 1, long = 1] }) => ({
    context: 16,
    blend: 8,
    multiple: leastMultiple(short, long),
  }),

  tensors: (structure: DatStructure): TensorSpec[] =>
    groupsSpecs(structure, (name, _group, index) => {
      const { features, hidden, heads, qkvBias } = structure;
      const [few, fewer] = [Math.floor(features / 8), Math.floor(features / 16)];
      return [
        ...normSpecs(`${name}.norm1`, features),
        ...(index % 2 === 0
          ? rectangleSpecs(`${name}.attn`, structure)
          : [
              { name: `${name}.attn.temperature`, shape: [heads, 1, 1] },
              ...linearSpecs(`${name}.attn.qkv`, 3 * features, features, qkvBias === 1),
            ]),
        ...linearSpecs(`${name}.attn.proj`, features, features),
        ...depthwiseSpecs(`${name}.attn.dwconv.0`, features),
        ...batchNormSpecs(`${name}.attn.dwconv.1`, features),
        ...convolutionSpecs(`${name}.attn.channel_interaction.1`, few, features, 1),
        ...batchNormSpecs(`${name}.attn.channel_interaction.2`, few),
        ...convolutionSpecs(`${name}.attn.channel_interaction.4`, features, few, 1),
        ...convolutionSpecs(`${name}.attn.spatial_interaction.0`, fewer, features, 1),
        ...batchNormSpecs(`${name}.attn.spatial_interaction.1`, fewer),
        ...convolutionSpecs(`${name}.attn.spatial_interaction.3`, 1, fewer, 1),
        ...normSpecs(`${name}.norm2`, features),
        ...spatialGateSpecs(`${name}.ffn`, features, hidden),
      ];
    }),

  graph(builder: GraphBuilder, structure: DatStructure, input: string): string {
    const rectangles = new Rectangles(builder, input);
    return groupsGraph(builder, structure, input, (value, name, group, index) =>
      index % 2 === 0
        ? rectangleBlock(builder, rectangles, structure, value, name, group, index)
        : channelBlock(builder, rectangles, structure, value, name),
    );
  },

  cost(structure: DatStructure): Cost {
    const { features, heads, hidden, scale, end } = structure;
    const [short = 1, long = 1] = structure.split;
    const specs = dat.tensors(structure);
    const blocks = structure.depths.reduce((sum, depth) => sum + depth, 0);
    const logits = (heads / 2) * short * long;
    const output = end === 0 ? 3 * scale * scale : end * scale * scale;
    return {
      flopsPerPixel:
        convolutionFlops(specs, (name) => groupsArea(name, structure)) +
        linearFlops(specs) +
        (blocks / 2) * (4 * short * long * features + (4 * features * features) / heads),
      // Three skips beside queries, keys and values and the logits with their bias and softmax; or a feed-forward; or the end.
      bytesPerPixel:
        4 *
        Math.max(
          9 * features + 2 * logits + (heads + 2) * short * long,
          3 * features + 3.5 * hidden,
          2 * features + 3 * output,
        ),
      bindingPerPixel: 4 * Math.max(logits, 3 * features, hidden, output),
    };
  },
};

function batchNormSpecs(name: string, channels: number): TensorSpec[] {
  const kinds = ['weight', 'bias', 'running_mean', 'running_var'];
  return kinds.map((kind) => ({ name: `${name}.${kind}`, shape: [channels] }));
}
