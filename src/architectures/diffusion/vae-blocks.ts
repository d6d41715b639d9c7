/**
 * What autoencoders and the latent super-resolution network are made of: residual blocks, attention of all pixels of a
 * map to each other, halving and doubling. Tensors go by diffusers' names.
 */

import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs } from '../common.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { linearSpecs, slice } from '../ops/channels-last.ts';
import { boundedAttention } from './bounded-attention.ts';
import { groupNorm, mapOf, type MapShape, normalSpecs, silu, tokensOf } from './layers.ts';

/** A map and its value in the graph. */
export interface Feature extends MapShape {
  readonly value: string;
}

/** Groups of every normalisation: widths are multiples of it. */
const groups = 32;

/** Whether the groups of its normalisation (32) divide every width. */
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

/** `packed`: whether queries, keys and values are one matrix. */
export function mapAttentionSpecs(name: string, channels: number, packed = false): TensorSpec[] {
  const specs = (matrix: string, outputs = channels): TensorSpec[] =>
    linearSpecs(`${name}.${matrix}`, outputs, channels);
  return [
    ...normalSpecs(`${name}.group_norm`, channels),
    ...(packed ? specs('qkv', 3 * channels) : [...specs('to_q'), ...specs('to_k'), ...specs('to_v')]),
    ...specs('to_out.0'),
  ];
}

/** Every pixel attends to every other; what comes of it is added to the map. */
export function mapAttention(
  builder: GraphBuilder,
  map: Feature,
  name: string,
  form: { readonly heads: number; readonly epsilon: number; readonly packed?: boolean },
): Feature {
  const { heads, epsilon, packed = false } = form;
  const normal = groupNorm(builder, map.value, `${name}.group_norm`, map, { epsilon });
  const { batch, channels, height, width } = map;
  const pixels = height * width;
  const tokens = tokensOf(builder, normal, map);
  const made = (matrix: string): string => builder.linear(tokens, `${name}.${matrix}`, [batch, pixels]);
  const qkv = packed
    ? unpacked(builder, made('qkv'), [batch, pixels, channels], heads)
    : ([made('to_q'), made('to_k'), made('to_v')] as const);
  // A head of hundreds of channels is too wide for the runtime's kernels that do without logits.
  const mixed = boundedAttention(builder, qkv, {
    batch,
    width: channels,
    heads,
    queries: pixels,
    keys: pixels,
  });
  const change = mapOf(builder, builder.linear(mixed, `${name}.to_out.0`, [batch, pixels]), map);
  return { ...map, value: builder.node('Add', [change, map.value]) };
}

/** Queries, keys and values of one head after another, as the paper's program has them. */
function unpacked(
  builder: GraphBuilder,
  value: string,
  [batch, pixels, channels]: readonly [number, number, number],
  heads: number,
): readonly [string, string, string] {
  const head = channels / heads;
  const byHead = builder.node('Reshape', [value, builder.integers([batch, pixels, heads, 3 * head])]);
  const part = (index: number): string => {
    const some = slice(builder, byHead, index * head, (index + 1) * head, 3);
    return builder.node('Reshape', [some, builder.integers([batch, pixels, channels])]);
  };
  return [part(0), part(1), part(2)];
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
