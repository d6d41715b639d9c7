/**
 * What autoencoders and the latent super-resolution network are made of: residual blocks, attention of all pixels of a
 * map to each other, halving and doubling. Tensors go by diffusers' names.
 */

import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs } from '../common.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { linearSpecs } from '../ops/channels-last.ts';
import { boundedAttention } from './bounded-attention.ts';
import { groupNorm, mapOf, type MapShape, normalSpecs, silu, tokensOf } from './layers.ts';

/** A map and its value in the graph. */
export interface Feature extends MapShape {
  readonly value: string;
}

/** Groups of every normalisation: widths are multiples of it. */
const groups = 32;

export function isWidths(widths: readonly number[]): boolean {
  return widths.every((width) => width % groups === 0);
}

/** Two normalisations and convolutions, and a 1x1 convolution beside them where the width changes. */
export function residualSpecs(name: string, inputs: number, outputs: number, time = 0): TensorSpec[] {
  return [
    ...normalSpecs(`${name}.norm1`, inputs),
    ...convolutionSpecs(`${name}.conv1`, outputs, inputs),
    ...(time ? linearSpecs(`${name}.time_emb_proj`, outputs, time) : []),
    ...normalSpecs(`${name}.norm2`, outputs),
    ...convolutionSpecs(`${name}.conv2`, outputs, outputs),
    ...(inputs === outputs ? [] : convolutionSpecs(`${name}.conv_shortcut`, outputs, inputs, 1)),
  ];
}

/** `time`: what the block's projection of the timestep's embedding takes, [batch, width], if it has one. */
export function residual(
  builder: GraphBuilder,
  map: Feature,
  name: string,
  channels: number,
  { epsilon, time }: { readonly epsilon: number; readonly time?: string },
): Feature {
  const wide = { ...map, channels };
  const normal = silu(builder, groupNorm(builder, map.value, `${name}.norm1`, map, { epsilon }));
  let value = builder.convolution(normal, `${name}.conv1`);
  if (time !== undefined) {
    const shift = builder.linear(time, `${name}.time_emb_proj`, [map.batch]);
    const shape = builder.integers([map.batch, channels, 1, 1]);
    value = builder.node('Add', [value, builder.node('Reshape', [shift, shape])]);
  }
  value = silu(builder, groupNorm(builder, value, `${name}.norm2`, wide, { epsilon }));
  value = builder.convolution(value, `${name}.conv2`);
  const beside =
    map.channels === channels ? map.value : builder.convolution(map.value, `${name}.conv_shortcut`);
  return { ...wide, value: builder.node('Add', [beside, value]) };
}

export function mapAttentionSpecs(name: string, channels: number): TensorSpec[] {
  const matrices = ['to_q', 'to_k', 'to_v', 'to_out.0'];
  return [
    ...normalSpecs(`${name}.group_norm`, channels),
    ...matrices.flatMap((matrix) => linearSpecs(`${name}.${matrix}`, channels, channels)),
  ];
}

/** Every pixel attends to every other; what comes of it is added to the map. */
export function mapAttention(
  builder: GraphBuilder,
  map: Feature,
  name: string,
  { heads, epsilon }: { readonly heads: number; readonly epsilon: number },
): Feature {
  const normal = groupNorm(builder, map.value, `${name}.group_norm`, map, { epsilon });
  const { batch, height, width } = map;
  const pixels = height * width;
  const tokens = tokensOf(builder, normal, map);
  const made = (matrix: string): string => builder.linear(tokens, `${name}.${matrix}`, [batch, pixels]);
  const qkv = [made('to_q'), made('to_k'), made('to_v')] as const;
  // A head of hundreds of channels is too wide for the runtime's kernels that do without logits.
  const mixed = boundedAttention(builder, qkv, { batch, heads, queries: pixels, keys: pixels });
  const change = mapOf(builder, builder.linear(mixed, `${name}.to_out.0`, [batch, pixels]), map);
  return { ...map, value: builder.node('Add', [change, map.value]) };
}

/** A 3x3 convolution of every second pixel. `pads` as the convolution takes them. */
export function halved(
  builder: GraphBuilder,
  map: Feature,
  name: string,
  pads: readonly [number, number, number, number],
): Feature {
  const value = builder.convolution(map.value, name, undefined, { stride: 2, pads });
  const [above, before, below, after] = pads;
  const [height, width] = [
    Math.floor((map.height + above + below - 3) / 2) + 1,
    Math.floor((map.width + before + after - 3) / 2) + 1,
  ];
  return { ...map, height, width, value };
}

/** Each pixel twice in both directions, then a 3x3 convolution. */
export function doubled(builder: GraphBuilder, map: Feature, name: string): Feature {
  const value = builder.convolution(builder.nearest(map.value, 2), name);
  return { ...map, height: 2 * map.height, width: 2 * map.width, value };
}
