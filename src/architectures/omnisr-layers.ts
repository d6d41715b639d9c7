/**
 * The layers of OmniSR's blocks (see omnisr.ts). Maps are [1, features, h, w]; every layer adds what it makes to its input,
 * except the last of a group, which weighs it.
 */

import { gelu } from './ops/activations.ts';
import type { Cells, Cut } from './ops/cells.ts';
import { convolve } from './ops/convolutions.ts';
import type { GraphBuilder } from './graph-builder.ts';

export const heads = 4;
const mapEpsilon = 1e-6;
const tokenEpsilon = 1e-5;
/** Below this length a vector is not made a unit one; the smallest that half precision can add to nothing. */
const shortest = 1e-6;

export interface Layers {
  readonly builder: GraphBuilder;
  readonly cells: Cells;
  readonly features: number;
  /** Side of a cell. */
  readonly window: number;
  /** Whether attention between pixels knows where they lie. */
  readonly positions: boolean;
}

/** Inverted bottleneck with a gate per channel, which is a mean over the whole tile. */
export function bottleneck({ builder, features }: Layers, input: string, name: string): string {
  const hidden = Math.floor(features / 4);
  let value = gelu(builder, convolve(builder, input, `${name}.0`, { kernel: 1 }));
  value = gelu(builder, convolve(builder, value, `${name}.2`, { kernel: 3, groups: features }));
  const dense = (x: string, layer: string, shape: readonly number[]): string =>
    builder.node('Conv', [x, builder.weight(`${name}.4.gate.${layer}.weight`, shape)], {
      kernel_shape: { ints: [1, 1] },
    });
  let gate = dense(builder.node('GlobalAveragePool', [value]), '1', [hidden, features, 1, 1]);
  gate = builder.node('Mul', [gate, builder.node('Sigmoid', [gate])]);
  gate = builder.node('Sigmoid', [dense(gate, '3', [features, hidden, 1, 1])]);
  value = builder.node('Mul', [value, gate]);
  return builder.node('Add', [convolve(builder, value, `${name}.5`, { kernel: 1 }), input]);
}

/** Attention between the pixels of a cell, with a learned bias for their distance. */
export function pixelAttention(layers: Layers, input: string, name: string, cut: Cut): string {
  const { builder, cells, features } = layers;
  const tokens = cells.tokens(input, features, cut);
  const normed = builder.node(
    'LayerNormalization',
    [tokens, builder.weight(`${name}.norm.weight`), builder.weight(`${name}.norm.bias`)],
    { axis: { int: -1 }, epsilon: { float: tokenEpsilon } },
  );
  const dense = (x: string, weight: string): string =>
    builder.node('MatMul', [x, builder.node('Transpose', [weight], { perm: { ints: [1, 0] } })]);
  const joint = builder.weight(`${name}.fn.to_qkv.weight`);
  const parts = [0, 1, 2].map((part) => {
    const bounds = [part * features, (part + 1) * features, 0].map((bound) => builder.integers([bound]));
    return dense(normed, builder.node('Slice', [joint, ...bounds]));
  });
  const bias = layers.positions ? ['', '', positionBias(layers, name)] : [];
  const attended = builder.contrib('MultiHeadAttention', [...parts, ...bias], { num_heads: { int: heads } });
  const out = dense(attended, builder.weight(`${name}.fn.to_out.0.weight`));
  return cells.fromTokens(builder.node('Add', [out, tokens]), features, cut);
}

/** [1, heads, pixels, pixels] from the table of distances: constant, so it is made when a session is created. */
function positionBias({ builder, window }: Layers, name: string): string {
  const pixels = window * window;
  const row = 2 * window - 1;
  const places = Array.from({ length: pixels }, (_, at) => Math.floor(at / window) * row + (at % window));
  const list = builder.integers(places);
  const column = builder.node('Reshape', [list, builder.integers([pixels, 1])]);
  const middle = builder.integers([(window - 1) * (row + 1)]);
  const index = builder.node('Add', [builder.node('Sub', [column, list]), middle]);
  const table = builder.weight(`${name}.fn.rel_pos_bias.weight`);
  const chosen = builder.node('Gather', [table, index], { axis: { int: 0 } });
  const first = builder.node('Transpose', [chosen], { perm: { ints: [2, 0, 1] } });
  return builder.node('Reshape', [first, builder.integers([1, heads, pixels, pixels])]);
}

/** Attention between the channels of a head, over the pixels of a cell. */
export function channelAttention(layers: Layers, input: string, name: string, cut: Cut): string {
  const { builder, cells, features } = layers;
  const inner = `${name}.fn`;
  let value = convolve(builder, mapNorm(builder, input, `${name}.norm`), `${inner}.qkv`, {
    kernel: 1,
    bias: false,
  });
  value = convolve(builder, value, `${inner}.qkv_dwconv`, { kernel: 3, groups: 3 * features, bias: false });
  const tokens = cells.channelTokens(value, [3, heads, features / heads], cut);
  const units = unit(builder, part(builder, tokens, 0, 2));
  const [query, key, values] = [part(builder, units, 0), part(builder, units, 1), part(builder, tokens, 2)];
  const turned = builder.node('Transpose', [key], { perm: { ints: [0, 1, 3, 2] } });
  const like = builder.node('Mul', [
    builder.node('MatMul', [query, turned]),
    builder.weight(`${inner}.temperature`),
  ]);
  const attention = builder.node('Softmax', [like], { axis: { int: -1 } });
  const joined = cells.fromChannelTokens(builder.node('MatMul', [attention, values]), features, cut);
  const out = convolve(builder, joined, `${inner}.project_out`, { kernel: 1, bias: false });
  return builder.node('Add', [out, input]);
}

/** One of the second dimension, which goes, or a range of it. */
function part(builder: GraphBuilder, value: string, start: number, end?: number): string {
  const bounds = [start, end ?? start + 1, 1].map((bound) => builder.integers([bound]));
  const range = builder.node('Slice', [value, ...bounds]);
  return end === undefined ? builder.node('Squeeze', [range, builder.integers([1])]) : range;
}

function unit(builder: GraphBuilder, value: string): string {
  const length = builder.node('ReduceL2', [value], { axes: { ints: [-1] }, keepdims: { int: 1 } });
  return builder.node('Div', [value, builder.node('Max', [length, builder.number(shortest)])]);
}

/** Two halves, one the gate of the other. */
export function gatedFeedForward({ builder, features }: Layers, input: string, name: string): string {
  let value = convolve(builder, mapNorm(builder, input, `${name}.norm`), `${name}.fn.project_in`, {
    kernel: 1,
    bias: false,
  });
  value = convolve(builder, value, `${name}.fn.dwconv`, { kernel: 3, groups: 2 * features, bias: false });
  const first = gelu(builder, half(builder, value, 0, features));
  value = builder.node('Mul', [first, half(builder, value, features, 2 * features)]);
  const out = convolve(builder, value, `${name}.fn.project_out`, { kernel: 1, bias: false });
  return builder.node('Add', [out, input]);
}

function half(builder: GraphBuilder, value: string, start: number, end: number): string {
  return builder.node('Slice', [value, ...[start, end, 1].map((bound) => builder.integers([bound]))]);
}

/** Over the channels of each pixel; the operator wants them last. */
function mapNorm(builder: GraphBuilder, input: string, name: string): string {
  const last = builder.node('Transpose', [input], { perm: { ints: [0, 2, 3, 1] } });
  const normed = builder.node(
    'LayerNormalization',
    [last, builder.weight(`${name}.weight`), builder.weight(`${name}.bias`)],
    { axis: { int: -1 }, epsilon: { float: mapEpsilon } },
  );
  return builder.node('Transpose', [normed], { perm: { ints: [0, 3, 1, 2] } });
}

/**
 * Weighs each pixel by what a coarse look around it says: a convolution at half size, the largest of 7 x 7 of
 * those at every third, and back to full size. Height and width must be 15 at least.
 */
export function spatialGate({ builder, cells }: Layers, input: string, name: string, width: number): string {
  const narrow = convolve(builder, input, `${name}.conv1`, { kernel: 1 });
  let value = convolve(builder, narrow, `${name}.conv2`, { kernel: 3, stride: 2, pad: 0 });
  value = builder.node('MaxPool', [value], { kernel_shape: { ints: [7, 7] }, strides: { ints: [3, 3] } });
  value = convolve(builder, value, `${name}.conv3`, { kernel: 3 });
  const size = builder.node('Concat', [builder.integers([1, width]), cells.size], { axis: { int: 0 } });
  // WebGPU's resize is right in fp32.
  value = builder.node('Resize', [builder.outOfCompute(value), '', '', size], {
    mode: { string: 'linear' },
    coordinate_transformation_mode: { string: 'half_pixel' },
  });
  const fine = convolve(builder, narrow, `${name}.conv_f`, { kernel: 1 });
  const sum = builder.node('Add', [builder.intoCompute(value), fine]);
  const gate = builder.node('Sigmoid', [convolve(builder, sum, `${name}.conv4`, { kernel: 1 })]);
  return builder.node('Mul', [input, gate]);
}
