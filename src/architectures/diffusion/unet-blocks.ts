/** The blocks of a conditional UNet (Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022). */

import type { GraphBuilder } from '../graph-builder.ts';
import { gelu } from '../ops/activations.ts';
import { norm, slice } from '../ops/channels-last.ts';
import { boundedAttention } from './bounded-attention.ts';
import { attention, groupNorm, mapOf, silu, tokensOf, type MapShape } from './layers.ts';
import { widening } from './unet-tensors.ts';

/** A map on its way: its value and what shape that has. */
export interface Map2d {
  readonly value: string;
  readonly shape: MapShape;
}

/** What every block is given beside its map. */
export interface Surroundings {
  readonly builder: GraphBuilder;
  /** The time's features after their last activation: [batch, embedding]. */
  readonly time: string;
  /** The text's features: [batch * tokens, context]. */
  readonly context: string;
  readonly tokens: number;
  /** Whether transformers begin and end with matrices. */
  readonly linear: boolean;
  /** Whether the runtime's own operator is used: see `UnetOptions`. */
  readonly flash: boolean;
}

/** Of transformers' first normalisation; residual blocks have the usual one. */
const transformerEpsilon = 1e-6;

/** Two convolutions, the time's features added between them, beside the map itself or its 1x1 convolution. */
export function residual({ builder, time }: Surroundings, map: Map2d, name: string, width: number): Map2d {
  const shape = { ...map.shape, channels: width };
  const { batch } = shape;
  const first = silu(builder, groupNorm(builder, map.value, `${name}.norm1`, map.shape));
  const added = builder.linear(time, `${name}.time_emb_proj`, [batch]);
  const column = builder.node('Reshape', [added, builder.integers([batch, width, 1, 1])]);
  const timed = builder.node('Add', [builder.convolution(first, `${name}.conv1`), column]);
  const second = silu(builder, groupNorm(builder, timed, `${name}.norm2`, shape));
  const beside =
    map.shape.channels === width ? map.value : builder.convolution(map.value, `${name}.conv_shortcut`);
  return { value: builder.node('Add', [builder.convolution(second, `${name}.conv2`), beside]), shape };
}

/** Attention between a map's pixels and to the text, beside the map itself. */
export function transformer(
  around: Surroundings,
  map: Map2d,
  name: string,
  { depth, heads }: { readonly depth: number; readonly heads: number },
): Map2d {
  const { builder, linear } = around;
  const { value, shape } = map;
  const { batch, channels, height, width } = shape;
  const pixels = batch * height * width;
  // Between its attentions everything is a matrix: a row for each pixel.
  const rows = (from: string): string =>
    builder.node('Reshape', [tokensOf(builder, from, shape), builder.integers([pixels, channels])]);
  const normal = groupNorm(builder, value, `${name}.norm`, shape, { epsilon: transformerEpsilon });
  let tokens = linear
    ? builder.linear(rows(normal), `${name}.proj_in`, [pixels])
    : rows(builder.convolution(normal, `${name}.proj_in`));
  for (let index = 0; index < depth; index++) {
    tokens = transformerBlock(around, tokens, `${name}.transformer_blocks.${index}`, heads, shape);
  }
  const back = (from: string): string => {
    const listed = builder.node('Reshape', [from, builder.integers([batch, height * width, channels])]);
    return mapOf(builder, listed, shape);
  };
  const inner = linear
    ? back(builder.linear(tokens, `${name}.proj_out`, [pixels]))
    : builder.convolution(back(tokens), `${name}.proj_out`);
  return { value: builder.node('Add', [inner, value]), shape };
}

function transformerBlock(
  around: Surroundings,
  tokens: string,
  name: string,
  heads: number,
  shape: MapShape,
): string {
  const { builder } = around;
  const { batch, channels, height, width } = shape;
  const pixels = batch * height * width;
  const own = norm(builder, tokens, `${name}.norm1`);
  const itself = attended(around, [own, own, height * width], `${name}.attn1`, heads, shape);
  const first = builder.node('Add', [itself, tokens]);
  const asking = norm(builder, first, `${name}.norm2`);
  const told = attended(around, [asking, around.context, around.tokens], `${name}.attn2`, heads, shape);
  const second = builder.node('Add', [told, first]);
  // A gated linear unit (Shazeer, "GLU Variants Improve Transformer", 2020): one half weighs the other.
  const inner = widening * channels;
  const normal = norm(builder, second, `${name}.norm3`);
  const both = builder.linear(normal, `${name}.ff.net.0.proj`, [pixels]);
  const gate = gelu(builder, slice(builder, both, inner, 2 * inner, 1));
  const gated = builder.node('Mul', [slice(builder, both, 0, inner, 1), gate]);
  return builder.node('Add', [builder.linear(gated, `${name}.ff.net.2`, [pixels]), second]);
}

/** Rows for pixels, against rows for so many others in each of the batch. */
function attended(
  { builder, flash }: Surroundings,
  [asking, asked, keys]: readonly [string, string, number],
  name: string,
  heads: number,
  { batch, channels, height, width }: MapShape,
): string {
  const queries = height * width;
  const linear = (from: string, path: string, count: number): string =>
    builder.linear(from, `${name}.${path}`, [batch * count]);
  const q = linear(asking, 'to_q', queries);
  const [k, v] = [linear(asked, 'to_k', keys), linear(asked, 'to_v', keys)];
  const listed = (from: string, count: number): string =>
    builder.node('Reshape', [from, builder.integers([batch, count, channels])]);
  const mixed = flash
    ? attention(builder, [listed(q, queries), listed(k, keys), listed(v, keys)], heads)
    : boundedAttention(builder, [q, k, v], { batch, width: channels, heads, queries, keys });
  const flat = builder.node('Reshape', [mixed, builder.integers([batch * queries, channels])]);
  return builder.linear(flat, `${name}.to_out.0`, [batch * queries]);
}

/** Half as high and wide. */
export function downsample(builder: GraphBuilder, { value, shape }: Map2d, name: string): Map2d {
  const walk = { stride: 2, pads: [1, 1, 1, 1] } as const;
  return {
    value: builder.convolution(value, name, undefined, walk),
    shape: { ...shape, height: shape.height / 2, width: shape.width / 2 },
  };
}

/** Twice as high and wide. */
export function upsample(builder: GraphBuilder, { value, shape }: Map2d, name: string): Map2d {
  return {
    value: builder.convolution(builder.nearest(value, 2), name),
    shape: { ...shape, height: 2 * shape.height, width: 2 * shape.width },
  };
}

/**
 * A time [batch] (fractional ones too) as features: cosines, then sines of times the frequencies 10000^(-i / half). In fp32 up to there,
 * as half precision does not tell 999 steps' sines apart; then two dense layers with what LCM adds before them.
 */
export function timeFeatures(
  builder: GraphBuilder,
  time: string,
  form: { readonly batch: number; readonly width: number; readonly condition: string | null },
): string {
  const { batch, width, condition } = form;
  const half = width / 2;
  const rates = Array.from({ length: half }, (_, index) => Math.exp((-Math.log(10000) * index) / half));
  const column = builder.node('Reshape', [time, builder.integers([batch, 1])]);
  const angles = builder.node('Mul', [column, builder.floats(rates)]);
  const waves = builder.concat([builder.node('Cos', [angles]), builder.node('Sin', [angles])]);
  let features = builder.intoCompute(waves);
  if (condition !== null) {
    const added = builder.linear(builder.intoCompute(condition), 'time_embedding.cond_proj', [batch]);
    features = builder.node('Add', [features, added]);
  }
  const inner = silu(builder, builder.linear(features, 'time_embedding.linear_1', [batch]));
  return silu(builder, builder.linear(inner, 'time_embedding.linear_2', [batch]));
}
