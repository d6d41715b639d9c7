/** The two kinds of blocks that DAT is made of (see dat.ts). Values are [1, h, w, features]. */

import type { GraphBuilder } from './graph-builder.ts';
import { gelu } from './ops/activations.ts';
import {
  channelsFirst,
  channelsLast,
  linear,
  norm,
  slice,
  spatialGateFeedForward,
} from './ops/channels-last.ts';
import { convolve } from './ops/convolutions.ts';
import { isTurned, rectangleAttention, type RectangleForm } from './ops/rectangle-attention.ts';
import type { Rectangles } from './ops/rectangles.ts';

interface BlockForm extends RectangleForm {
  readonly hidden: number;
}

const batchEpsilon = 1e-5;
/** Below this length a vector is not made a unit one. */
const shortest = 1e-12;

export function rectangleBlock(
  builder: GraphBuilder,
  rectangles: Rectangles,
  form: BlockForm,
  input: string,
  name: string,
  group: number,
  index: number,
): string {
  const normed = norm(builder, input, `${name}.norm1`);
  const turned = isTurned(group, index);
  const layer = `${name}.attn`;
  const { attended, values } = rectangleAttention(builder, rectangles, normed, layer, form, turned);
  const map = channelsFirst(builder, attended);
  const local = localMap(builder, channelsFirst(builder, values), layer, form.features);
  // What one saw says which channels of the other count, and that where it counts.
  const joined = builder.node('Add', [
    builder.node('Mul', [map, channelGate(builder, local, layer)]),
    builder.node('Mul', [local, placeGate(builder, map, layer)]),
  ]);
  return ending(builder, form, input, joined, name);
}

export function channelBlock(
  builder: GraphBuilder,
  rectangles: Rectangles,
  form: BlockForm,
  input: string,
  name: string,
): string {
  const { features, heads } = form;
  const layer = `${name}.attn`;
  const normed = norm(builder, input, `${name}.norm1`);
  const all = channelsFirst(builder, linear(builder, normed, `${layer}.qkv`, form.qkvBias === 1));
  const [query, key, values] = [0, 1, 2].map((part) =>
    slice(builder, all, part * features, (part + 1) * features, 1),
  ) as [string, string, string];
  const apart = (value: string): string =>
    builder.node('Reshape', [value, builder.integers([heads, features / heads, -1])]);
  const turned = builder.node('Transpose', [unit(builder, apart(key))], { perm: { ints: [0, 2, 1] } });
  const like = builder.node('Mul', [
    builder.node('MatMul', [unit(builder, apart(query)), turned]),
    builder.weight(`${layer}.temperature`),
  ]);
  const attention = builder.node('Softmax', [like], { axis: { int: -1 } });
  const map = rectangles.map(builder.node('MatMul', [attention, apart(values)]), features);
  const local = localMap(builder, values, layer, features);
  // The other way round than in rectangles: here it is the attention that knows about all places.
  const joined = builder.node('Add', [
    builder.node('Mul', [map, placeGate(builder, local, layer)]),
    builder.node('Mul', [local, channelGate(builder, map, layer)]),
  ]);
  return ending(builder, form, input, joined, name);
}

function ending(
  builder: GraphBuilder,
  { hidden }: BlockForm,
  input: string,
  joined: string,
  name: string,
): string {
  const out = linear(builder, channelsLast(builder, joined), `${name}.attn.proj`);
  const value = builder.node('Add', [input, out]);
  const normed = norm(builder, value, `${name}.norm2`);
  const forward = spatialGateFeedForward(builder, normed, `${name}.ffn`, hidden, gelu);
  return builder.node('Add', [value, forward]);
}

/** Vectors over all pixels made as long as one. Their sums of squares pass the largest half-precision number. */
function unit(builder: GraphBuilder, value: string): string {
  const wide = builder.outOfCompute(value);
  const length = builder.node('ReduceL2', [wide], { axes: { ints: [-1] }, keepdims: { int: 1 } });
  const safe = builder.node('Max', [length, builder.floats([shortest])]);
  return builder.intoCompute(builder.node('Div', [wide, safe]));
}

/** What a convolution of each channel sees. */
function localMap(builder: GraphBuilder, map: string, name: string, features: number): string {
  return gelu(builder, batchNormed(builder, map, `${name}.dwconv.0`, `${name}.dwconv.1`, 3, features));
}

/** A weight for each channel, [1, features, 1, 1], from its mean over all pixels. */
function channelGate(builder: GraphBuilder, map: string, name: string): string {
  const layer = `${name}.channel_interaction`;
  const mean = builder.node('GlobalAveragePool', [map]);
  const few = gelu(builder, batchNormed(builder, mean, `${layer}.1`, `${layer}.2`, 1, 1));
  return builder.node('Sigmoid', [convolve(builder, few, `${layer}.4`, { kernel: 1 })]);
}

/** A weight for each pixel, [1, 1, h, w], from its channels. */
function placeGate(builder: GraphBuilder, map: string, name: string): string {
  const layer = `${name}.spatial_interaction`;
  const few = gelu(builder, batchNormed(builder, map, `${layer}.0`, `${layer}.1`, 1, 1));
  return builder.node('Sigmoid', [convolve(builder, few, `${layer}.3`, { kernel: 1 })]);
}

/** A convolution and the batch norm after it as one: the product of constants is folded when a session is created. */
function batchNormed(
  builder: GraphBuilder,
  value: string,
  convolution: string,
  batchNorm: string,
  kernel: number,
  groups: number,
): string {
  const spread = builder.node('Sqrt', [
    builder.node('Add', [builder.exact(`${batchNorm}.running_var`), builder.floats([batchEpsilon])]),
  ]);
  const factor = builder.node('Div', [builder.exact(`${batchNorm}.weight`), spread]);
  const column = builder.node('Reshape', [factor, builder.integers([-1, 1, 1, 1])]);
  const weight = builder.node('Mul', [builder.exact(`${convolution}.weight`), column]);
  const off = builder.node('Sub', [
    builder.exact(`${convolution}.bias`),
    builder.exact(`${batchNorm}.running_mean`),
  ]);
  const bias = builder.node('Add', [builder.node('Mul', [off, factor]), builder.exact(`${batchNorm}.bias`)]);
  const pad = (kernel - 1) / 2;
  return builder.node('Conv', [value, builder.intoCompute(weight), builder.intoCompute(bias)], {
    kernel_shape: { ints: [kernel, kernel] },
    pads: { ints: [pad, pad, pad, pad] },
    group: { int: groups },
  });
}
