/**
 * RGT and RGT-S (Chen et al., "Recursive Generalization Transformer for Image Super-Resolution", ICLR 2024): attention in
 * rectangles, and attention of every pixel to a small map of the whole picture, in turn. That map is
 * made from the whole tile: each of its pixels stands for 16 x 16 (the paper goes on to 64 x 64 for
 * sides of 1024 and more; a tile is smaller).
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
import type { GraphBuilder } from './graph-builder.ts';
import { gelu } from './ops/activations.ts';
import {
  channelsFirst,
  channelsLast,
  depthwise,
  depthwiseSpecs,
  linear,
  linearFlops,
  linearSpecs,
  norm,
  normSpecs,
  spatialGateFeedForward,
  spatialGateSpecs,
} from './ops/channels-last.ts';
import { convolve } from './ops/convolutions.ts';
import { isTurned, rectangleAttention, rectangleSpecs, splitOf } from './ops/rectangle-attention.ts';
import { Rectangles } from './ops/rectangles.ts';
import { blockName, groupsArea, groupsGraph, groupsOf, groupsSpecs } from './ops/residual-groups.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type RgtStructure = {
  readonly features: number;
  readonly depths: readonly number[];
  /** An even number; where the file has an odd one of three or more, which none published has, it is not recognised. */
  readonly heads: number;
  /** Sides of the rectangles, the shorter first. */
  readonly split: readonly number[];
  /** Width of the feed-forward layers. */
  readonly hidden: number;
  /** Width of queries and keys over the small map. */
  readonly reduced: number;
  readonly scale: number;
  readonly end: number;
  readonly narrow: number;
  readonly qkvBias: number;
};

const step = 4;
const steps = 2;
/** For the costs: how many pixels the small map of a large tile (256 x 256) has. */
const usualKeys = 256;

export const rgt: Architecture<RgtStructure> = {
  family: 'rgt',

  // Tables and masks that are computed here.
  ignores: (name) => /\.(relative_position_index|rpe_biases|attn_mask_[01])$/.test(name),

  structure(table: TensorTable): RgtStructure | null {
    const first = blockName(0, 0);
    const groups = groupsOf(table);
    const split = splitOf(table, `${first}.attn.attns.0`);
    const hidden = shapeOf(table, `${first}.mlp.fc1.weight`, 2)?.[0];
    const heads = shapeOf(table, `${first}.attn.attns.0.pos.pos3.2.weight`, 2)?.[0];
    if (!groups || !split || hidden === undefined || heads === undefined) return null;
    if (!table.tensors.has(`${first}.gamma`)) return null;
    // Every group begins with rectangles: without a second block nothing attends to the small map.
    const second = groups.depths.findIndex((depth) => depth > 1);
    const reduced = shapeOf(table, `${blockName(Math.max(second, 0), 1)}.attn.conv.weight`, 4)?.[0];
    const qkvBias = table.tensors.has(`${first}.attn.qkv.bias`) ? 1 : 0;
    return rgt.parse({
      ...groups,
      split,
      hidden,
      heads: 2 * heads,
      reduced: reduced ?? groups.features,
      qkvBias,
    });
  },

  parse(given: Structure): RgtStructure | null {
    const base = numbers(given, ['features', 'heads', 'hidden', 'reduced', 'scale']);
    const told = flags(given, ['narrow', 'qkvBias']);
    const { depths, split, end } = given;
    if (!base || !told || typeof end !== 'number' || !isSizes(depths) || !isSizes(split)) return null;
    const { features, heads, hidden, reduced } = base;
    const fits =
      split.length === 2 && heads % 2 === 0 && features % heads === 0 && reduced % heads === 0 && end > 0;
    return fits && features >= 32 && hidden % 2 === 0
      ? { ...base, ...told, end, depths: [...depths], split: [...split] }
      : null;
  },

  scale: ({ scale }) => scale,

  // As DAT, whose rectangles these are (docs/models.md).
  rules: ({ split: [short = 1, long = 1] }) => ({
    context: 16,
    blend: 8,
    // Rectangles, and whole pixels of the small map.
    multiple: leastMultiple(leastMultiple(short, long), step ** steps),
  }),

  tensors: (structure: RgtStructure): TensorSpec[] =>
    groupsSpecs(structure, (name, _group, index) => {
      const { features, hidden } = structure;
      return [
        { name: `${name}.gamma`, shape: [features] },
        ...normSpecs(`${name}.norm1`, features),
        ...(index % 2 === 0
          ? [...rectangleSpecs(`${name}.attn`, structure), ...depthwiseSpecs(`${name}.attn.get_v`, features)]
          : recursiveSpecs(`${name}.attn`, structure)),
        ...linearSpecs(`${name}.attn.proj`, features, features),
        ...normSpecs(`${name}.norm2`, features),
        ...spatialGateSpecs(`${name}.mlp`, features, hidden),
      ];
    }),

  graph(builder: GraphBuilder, structure: RgtStructure, input: string): string {
    const rectangles = new Rectangles(builder, input);
    return groupsGraph(builder, structure, input, (value, name, group, index) => {
      const normed = norm(builder, value, `${name}.norm1`);
      const attended =
        index % 2 === 0
          ? local(builder, rectangles, structure, normed, `${name}.attn`, isTurned(group, index))
          : recursive(builder, rectangles, structure, normed, `${name}.attn`);
      const out = linear(builder, attended, `${name}.attn.proj`);
      const middle = builder.node('Add', [value, out]);
      const seen = norm(builder, middle, `${name}.norm2`);
      const forward = spatialGateFeedForward(builder, seen, `${name}.mlp`, structure.hidden, gelu);
      const before = builder.node('Mul', [value, builder.weight(`${name}.gamma`)]);
      return builder.node('Add', [builder.node('Add', [middle, forward]), before]);
    });
  },

  cost(structure: RgtStructure): Cost {
    const { features, heads, hidden, reduced, scale, end } = structure;
    const [short = 1, long = 1] = structure.split;
    const specs = rgt.tensors(structure);
    const blocks = structure.depths.reduce((sum, depth) => sum + depth, 0);
    const logits = Math.max((heads / 2) * short * long, heads * usualKeys);
    const output = end * scale * scale;
    return {
      flopsPerPixel:
        convolutionFlops(specs, (name) => groupsArea(name, structure)) +
        linearFlops(specs) +
        blocks * (2 * short * long * features + usualKeys * (features + reduced)),
      // The skips beside queries, keys and values and the logits with their softmax; or a feed-forward; or the end.
      bytesPerPixel: 4 * Math.max(9 * features + 2.5 * logits, 3 * features + 3.5 * hidden, 3 * output),
      bindingPerPixel: 4 * Math.max(logits, 3 * features, hidden, output),
    };
  },
};

function recursiveSpecs(name: string, { features, reduced, qkvBias }: RgtStructure): TensorSpec[] {
  return [
    { name: `${name}.reduction1.weight`, shape: [features, 1, step, step] },
    { name: `${name}.reduction1.bias`, shape: [features] },
    ...depthwiseSpecs(`${name}.dwconv`, features),
    ...convolutionSpecs(`${name}.conv`, reduced, features, 1),
    ...normSpecs(`${name}.norm_act.0`, reduced),
    ...linearSpecs(`${name}.q`, reduced, features, qkvBias === 1),
    ...linearSpecs(`${name}.k`, reduced, reduced, qkvBias === 1),
    ...linearSpecs(`${name}.v`, features, reduced, qkvBias === 1),
    ...depthwiseSpecs(`${name}.cpe`, features),
  ];
}

/** Attention in rectangles, and a convolution of each channel beside it. */
function local(
  builder: GraphBuilder,
  rectangles: Rectangles,
  structure: RgtStructure,
  input: string,
  name: string,
  turned: boolean,
): string {
  const { attended, values } = rectangleAttention(builder, rectangles, input, name, structure, turned);
  const near = depthwise(builder, channelsFirst(builder, values), `${name}.get_v`, structure.features);
  return builder.node('Add', [attended, channelsLast(builder, near)]);
}

/** Attention of every pixel to the pixels of a small map, which one convolution made by being applied again and again. */
function recursive(
  builder: GraphBuilder,
  rectangles: Rectangles,
  { features, heads, reduced, qkvBias }: RgtStructure,
  input: string,
  name: string,
): string {
  const bias = qkvBias === 1;
  let small = channelsFirst(builder, input);
  for (let time = 0; time < steps; time++) {
    small = convolve(builder, small, `${name}.reduction1`, {
      kernel: step,
      stride: step,
      pad: 0,
      groups: features,
    });
  }
  small = convolve(builder, depthwise(builder, small, `${name}.dwconv`, features), `${name}.conv`, {
    kernel: 1,
  });
  small = gelu(builder, norm(builder, channelsLast(builder, small), `${name}.norm_act.0`));
  const placeless = linear(builder, small, `${name}.v`, bias);
  const places = depthwise(builder, channelsFirst(builder, placeless), `${name}.cpe`, features);
  const values = builder.node('Add', [placeless, channelsLast(builder, places)]);
  const list = (value: string, channels: number): string =>
    builder.node('Reshape', [value, builder.integers([1, -1, channels])]);
  const attended = builder.contrib(
    'MultiHeadAttention',
    [
      list(linear(builder, input, `${name}.q`, bias), reduced),
      list(linear(builder, small, `${name}.k`, bias), reduced),
      list(values, features),
    ],
    { num_heads: { int: heads } },
  );
  return rectangles.mapLast(attended, features);
}
