/** Layers of transformers over maps whose channels come last, [1, h, w, channels], and the turn to maps for convolutions and back. */

import type { TensorSpec } from '../architecture.ts';
import type { GraphBuilder } from '../graph-builder.ts';

const epsilon = 1e-5;

/** Normalises the last dimension with `name.weight` and `name.bias`. */
export function norm(builder: GraphBuilder, value: string, name: string): string {
  return builder.node(
    'LayerNormalization',
    [value, builder.weight(`${name}.weight`), builder.weight(`${name}.bias`)],
    { axis: { int: -1 }, epsilon: { float: epsilon } },
  );
}

export function normSpecs(name: string, channels: number): TensorSpec[] {
  return ['weight', 'bias'].map((kind) => ({ name: `${name}.${kind}`, shape: [channels] }));
}

/** A dense layer over the last dimension with `name.weight` [outputs, inputs], and `name.bias` where told. */
export function linear(builder: GraphBuilder, value: string, name: string, bias = true): string {
  const weight = builder.node('Transpose', [builder.weight(`${name}.weight`)], { perm: { ints: [1, 0] } });
  const product = builder.node('MatMul', [value, weight]);
  return bias ? builder.node('Add', [product, builder.weight(`${name}.bias`)]) : product;
}

export function linearSpecs(name: string, outputs: number, inputs: number, bias = true): TensorSpec[] {
  const weight = { name: `${name}.weight`, shape: [outputs, inputs] };
  return bias ? [weight, { name: `${name}.bias`, shape: [outputs] }] : [weight];
}

/** Operations of the dense layers among the specs, for one token of each. */
export function linearFlops(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, { shape: [rows = 0, columns = 0, ...more] }) => {
    return more.length === 0 ? sum + 2 * rows * columns : sum;
  }, 0);
}

/** [1, channels, h, w] from [1, h, w, channels]. */
export function channelsFirst(builder: GraphBuilder, value: string): string {
  return builder.node('Transpose', [value], { perm: { ints: [0, 3, 1, 2] } });
}

/** [1, h, w, channels] from [1, channels, h, w]. */
export function channelsLast(builder: GraphBuilder, value: string): string {
  return builder.node('Transpose', [value], { perm: { ints: [0, 2, 3, 1] } });
}

/** From `start` up to `end` of one dimension. */
export function slice(
  builder: GraphBuilder,
  value: string,
  start: number,
  end: number,
  axis: number,
): string {
  return builder.node('Slice', [value, ...[start, end, axis].map((bound) => builder.integers([bound]))]);
}

/**
 * A dense layer, GELU, and one half of it gated by the other after a norm and a convolution of each channel by
 * itself, then a dense layer back (the spatial gate of DAT and RGT). `hidden` is the width of the first.
 */
export function spatialGateFeedForward(
  builder: GraphBuilder,
  value: string,
  name: string,
  hidden: number,
  activation: (builder: GraphBuilder, value: string) => string,
): string {
  const half = hidden / 2;
  const wide = activation(builder, linear(builder, value, `${name}.fc1`));
  const seen = norm(builder, slice(builder, wide, half, hidden, 3), `${name}.sg.norm`);
  const gate = depthwise(builder, channelsFirst(builder, seen), `${name}.sg.conv`, half);
  const gated = builder.node('Mul', [slice(builder, wide, 0, half, 3), channelsLast(builder, gate)]);
  return linear(builder, gated, `${name}.fc2`);
}

export function spatialGateSpecs(name: string, features: number, hidden: number): TensorSpec[] {
  const half = hidden / 2;
  return [
    ...linearSpecs(`${name}.fc1`, hidden, features),
    ...normSpecs(`${name}.sg.norm`, half),
    ...depthwiseSpecs(`${name}.sg.conv`, half),
    ...linearSpecs(`${name}.fc2`, features, half),
  ];
}

/** A convolution of each channel of [1, channels, h, w] by itself, 3 x 3. */
export function depthwise(builder: GraphBuilder, value: string, name: string, channels: number): string {
  return builder.node('Conv', [value, builder.weight(`${name}.weight`), builder.weight(`${name}.bias`)], {
    kernel_shape: { ints: [3, 3] },
    pads: { ints: [1, 1, 1, 1] },
    group: { int: channels },
  });
}

export function depthwiseSpecs(name: string, channels: number): TensorSpec[] {
  return [
    { name: `${name}.weight`, shape: [channels, 1, 3, 3] },
    { name: `${name}.bias`, shape: [channels] },
  ];
}
