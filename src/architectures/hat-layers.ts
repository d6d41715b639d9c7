/** The blocks of HAT (see hat.ts). Values are [1, h, w, features]. */

import type { TensorSpec } from './architecture.ts';
import { convolutionSpecs } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { HatStructure } from './hat.ts';
import { gelu } from './ops/activations.ts';
import {
  channelsFirst,
  channelsLast,
  linear,
  linearSpecs,
  norm,
  normSpecs,
  slice,
} from './ops/channels-last.ts';
import { multiHead } from './ops/multi-head.ts';
import { overlappingTokens } from './ops/overlapping.ts';
import type { Rectangles } from './ops/rectangles.ts';
import { feedForward, windowAttention, windowBlockSpecs } from './ops/window-attention.ts';

/** How much of its convolutions a block takes; as published, no tensor tells. */
const convolutionShare = 0.01;

export function hybridBlockSpecs(name: string, structure: HatStructure): TensorSpec[] {
  const { features, narrowed, squeezed } = structure;
  const branch = `${name}.conv_block.cab`;
  return [
    ...windowBlockSpecs(name, structure),
    ...convolutionSpecs(`${branch}.0`, narrowed, features),
    ...convolutionSpecs(`${branch}.2`, features, narrowed),
    ...convolutionSpecs(`${branch}.3.attention.1`, squeezed, features, 1),
    ...convolutionSpecs(`${branch}.3.attention.3`, features, squeezed, 1),
  ];
}

/** Attention in windows and, beside it, convolutions weighed by channels; then a feed-forward. */
export function hybridBlock(
  builder: GraphBuilder,
  rectangles: Rectangles,
  structure: HatStructure,
  input: string,
  name: string,
  turned: boolean,
): string {
  const normed = norm(builder, input, `${name}.norm1`);
  const attended = windowAttention(builder, rectangles, normed, `${name}.attn`, structure, turned);
  const seen = weighedConvolutions(builder, channelsFirst(builder, normed), `${name}.conv_block.cab`);
  const value = builder.node('Add', [builder.node('Add', [input, attended]), channelsLast(builder, seen)]);
  return feedForward(builder, value, name);
}

/** Two convolutions whose channels are weighed by what their means over all of the tile say. */
function weighedConvolutions(builder: GraphBuilder, map: string, name: string): string {
  const narrow = gelu(builder, builder.convolution(map, `${name}.0`));
  const value = builder.convolution(narrow, `${name}.2`);
  const mean = builder.node('GlobalAveragePool', [value]);
  const few = builder.node('Relu', [builder.convolution(mean, `${name}.3.attention.1`)]);
  const weights = builder.node('Sigmoid', [builder.convolution(few, `${name}.3.attention.3`)]);
  const shares = builder.node('Mul', [weights, builder.number(convolutionShare)]);
  return builder.node('Mul', [value, shares]);
}

export function overlappingBlockSpecs(name: string, structure: HatStructure): TensorSpec[] {
  const { features, heads, window, outer, hidden, qkvBias } = structure;
  return [
    ...normSpecs(`${name}.norm1`, features),
    { name: `${name}.relative_position_bias_table`, shape: [(window + outer - 1) ** 2, heads] },
    ...linearSpecs(`${name}.qkv`, 3 * features, features, qkvBias === 1),
    ...linearSpecs(`${name}.proj`, features, features),
    ...normSpecs(`${name}.norm2`, features),
    ...linearSpecs(`${name}.mlp.fc1`, hidden, features),
    ...linearSpecs(`${name}.mlp.fc2`, features, hidden),
  ];
}

/** Attention from the pixels of a window to those of a larger one around it; then a feed-forward. */
export function overlappingBlock(
  builder: GraphBuilder,
  rectangles: Rectangles,
  structure: HatStructure,
  input: string,
  name: string,
): string {
  const { features, heads, window, outer, qkvBias } = structure;
  const side = { height: window, width: window };
  const all = linear(builder, norm(builder, input, `${name}.norm1`), `${name}.qkv`, qkvBias === 1);
  const query = rectangles.tokens(slice(builder, all, 0, features, 3), side, features);
  const around = slice(builder, all, features, 3 * features, 3);
  const tokens = overlappingTokens(builder, around, window, outer, 2 * features);
  const key = slice(builder, tokens, 0, features, 2);
  const value = slice(builder, tokens, features, 2 * features, 2);
  const bias = overlappingBias(builder, `${name}.relative_position_bias_table`, structure);
  const attended = multiHead(builder, [query, key, value], { features, heads, keys: outer * outer }, bias);
  const made = linear(builder, rectangles.fromTokens(attended, side, features), `${name}.proj`);
  return feedForward(builder, builder.node('Add', [input, made]), name);
}

/**
 * [1, heads, window², outer²] from a table with a row for every distance between a pixel of a window and one of the larger window.
 * Distances are counted as published: some rows come out negative, and those are the table's last.
 */
function overlappingBias(builder: GraphBuilder, table: string, structure: HatStructure): string {
  const { heads, window, outer } = structure;
  const row = window + outer - 1;
  const places = (side: number): number[] =>
    Array.from({ length: side * side }, (_, at) => Math.floor(at / side) * row + (at % side));
  const reshaped = (value: string, shape: readonly number[]): string =>
    builder.node('Reshape', [value, builder.integers(shape)]);
  const from = reshaped(builder.integers(places(window)), [window * window, 1]);
  const apart = builder.node('Sub', [builder.integers(places(outer)), from]);
  const first = builder.integers([(window - outer + 1) * (row + 1)]);
  // Never negative before the remainder: its sign is not the same in every program.
  const counted = builder.node('Add', [builder.node('Add', [apart, first]), builder.integers([row * row])]);
  const rows = builder.node('Mod', [counted, builder.integers([row * row])]);
  const chosen = builder.node('Gather', [builder.weight(table), rows], { axis: { int: 0 } });
  const turned = builder.node('Transpose', [chosen], { perm: { ints: [2, 0, 1] } });
  return reshaped(turned, [1, heads, window * window, outer * outer]);
}
