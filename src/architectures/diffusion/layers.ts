/** Layers that the parts of diffusion models share. Every shape is known when a graph is written. */

import type { TensorSpec } from '../architecture.ts';
import type { GraphBuilder } from '../graph-builder.ts';

/** A map [batch, channels, height, width]. */
export interface MapShape {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Group normalisation (Wu and He, 2018) of a map with `name.weight` and `name.bias`, as an instance normalisation of the groups.
 * The runtime sums in fp32 whatever the map's dtype is; casting the map itself would make the largest tensor of a VAE twice as large.
 */
export function groupNorm(
  builder: GraphBuilder,
  value: string,
  name: string,
  { batch, channels, height, width }: MapShape,
  { groups = 32, epsilon = 1e-5 }: { readonly groups?: number; readonly epsilon?: number } = {},
): string {
  const grouped = builder.node('Reshape', [
    value,
    builder.integers([batch, groups, (channels / groups) * height * width]),
  ]);
  const normal = builder.node(
    'InstanceNormalization',
    [grouped, builder.repeated(1, groups), builder.repeated(0, groups)],
    { epsilon: { float: epsilon } },
  );
  const map = builder.node('Reshape', [normal, builder.integers([batch, channels, height, width])]);
  const scaled = builder.node('Mul', [map, builder.weight(`${name}.weight`, [1, channels, 1, 1])]);
  return builder.node('Add', [scaled, builder.weight(`${name}.bias`, [1, channels, 1, 1])]);
}

/** Weight and bias [channels] of a normalisation. */
export function normalSpecs(name: string, channels: number): TensorSpec[] {
  return ['weight', 'bias'].map((kind) => ({ name: `${name}.${kind}`, shape: [channels] }));
}

/** x * sigmoid(x). */
export function silu(builder: GraphBuilder, value: string): string {
  return builder.node('Mul', [value, builder.node('Sigmoid', [value])]);
}

/** [batch, height * width, channels] from [batch, channels, height, width]. */
export function tokensOf(builder: GraphBuilder, value: string, shape: MapShape): string {
  const { batch, channels, height, width } = shape;
  const flat = builder.node('Reshape', [value, builder.integers([batch, channels, height * width])]);
  return builder.node('Transpose', [flat], { perm: { ints: [0, 2, 1] } });
}

/** The way back. */
export function mapOf(builder: GraphBuilder, value: string, shape: MapShape): string {
  const { batch, channels, height, width } = shape;
  const turned = builder.node('Transpose', [value], { perm: { ints: [0, 2, 1] } });
  return builder.node('Reshape', [turned, builder.integers([batch, channels, height, width])]);
}

/** Attention by the runtime's fused operator: queries [batch, n, width], keys and values [batch, m, width]. */
export function attention(
  builder: GraphBuilder,
  qkv: readonly [string, string, string],
  heads: number,
): string {
  return builder.contrib('MultiHeadAttention', qkv, { num_heads: { int: heads } });
}
