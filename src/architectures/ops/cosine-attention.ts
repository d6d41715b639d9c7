/**
 * Attention in square windows by the angle between vectors, with a bias for places from a small network over logarithmic
 * distances and the norms last (Liu et al., "Swin Transformer V2", CVPR 2022). Values are [batch, h, w, features].
 */

import type { TensorSpec } from '../architecture.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { gelu } from './activations.ts';
import { linear, linearSpecs, norm, normSpecs, slice } from './channels-last.ts';
import { gatheredBias } from './position-network.ts';
import type { Rectangles } from './rectangles.ts';
import type { WindowForm } from './window-attention.ts';

/** Width of the small network. */
const placeWidth = 512;
const mostBias = 16;
/** Logits are at most this times a cosine. */
const mostScale = 100;
/** Below this length a vector is not made a unit one; half precision can still hold it. */
const shortest = 1e-6;

export function cosineBlockSpecs(name: string, form: WindowForm): TensorSpec[] {
  const { features, heads, hidden, qkvBias } = form;
  const biases = ['q_bias', 'v_bias'].map((kind) => ({ name: `${name}.attn.${kind}`, shape: [features] }));
  return [
    { name: `${name}.attn.logit_scale`, shape: [heads, 1, 1] },
    ...linearSpecs(`${name}.attn.cpb_mlp.0`, placeWidth, 2),
    ...linearSpecs(`${name}.attn.cpb_mlp.2`, heads, placeWidth, false),
    ...linearSpecs(`${name}.attn.qkv`, 3 * features, features, false),
    ...(qkvBias ? biases : []),
    ...linearSpecs(`${name}.attn.proj`, features, features),
    ...normSpecs(`${name}.norm1`, features),
    ...linearSpecs(`${name}.mlp.fc1`, hidden, features),
    ...linearSpecs(`${name}.mlp.fc2`, features, hidden),
    ...normSpecs(`${name}.norm2`, features),
  ];
}

/** All distances in a window as the small network takes them, [(2 window - 1)^2, 2]: constant, made once a graph. */
export function logDistances(builder: GraphBuilder, window: number): string {
  const steps = Array.from({ length: 2 * window - 1 }, (_, at) => {
    const part = (8 * (at + 1 - window)) / (window - 1);
    return (Math.sign(part) * Math.log2(Math.abs(part) + 1)) / Math.log2(8);
  });
  const along = (shape: readonly number[], side: readonly number[]): string =>
    builder.node('Mul', [
      builder.node('Reshape', [builder.floats(steps), builder.integers(shape)]),
      builder.floats(side),
    ]);
  const both = builder.node('Add', [along([-1, 1, 1], [1, 0]), along([1, -1, 1], [0, 1])]);
  return builder.node('Reshape', [both, builder.integers([-1, 2])]);
}

/** A block: attention and a feed-forward, each normalised and added to what went in. `distances` are `logDistances`. */
export function cosineBlock(
  builder: GraphBuilder,
  rectangles: Rectangles,
  input: string,
  name: string,
  form: WindowForm,
  turned: boolean,
  distances: string,
): string {
  const attended = attention(builder, rectangles, input, `${name}.attn`, form, turned, distances);
  const value = builder.node('Add', [input, norm(builder, attended, `${name}.norm1`)]);
  const wide = gelu(builder, linear(builder, value, `${name}.mlp.fc1`));
  const forward = norm(builder, linear(builder, wide, `${name}.mlp.fc2`), `${name}.norm2`);
  return builder.node('Add', [value, forward]);
}

function attention(
  builder: GraphBuilder,
  rectangles: Rectangles,
  input: string,
  name: string,
  { features, heads, window, qkvBias }: WindowForm,
  turned: boolean,
  distances: string,
): string {
  const side = { height: window, width: window };
  const by = turned ? Math.floor(window / 2) : 0;
  let all = linear(builder, rectangles.turned(input, by, by), `${name}.qkv`, false);
  if (qkvBias) {
    const values = builder.weight(`${name}.v_bias`);
    const none = builder.node('Sub', [values, values]);
    const biases = [builder.weight(`${name}.q_bias`), none, values];
    all = builder.node('Add', [all, builder.node('Concat', biases, { axis: { int: 0 } })]);
  }
  const tokens = rectangles.tokens(all, side, 3 * features);
  const part = (at: number): string => slice(builder, tokens, at * features, (at + 1) * features, 2);
  const unit = (value: string, factor?: string): string => {
    const apart = builder.node('Reshape', [value, builder.integers([0, 0, heads, features / heads])]);
    const length = builder.node('ReduceL2', [apart], { axes: { ints: [-1] }, keepdims: { int: 1 } });
    const some = builder.node('Max', [length, builder.number(shortest)]);
    const one = builder.node('Div', [apart, some]);
    const scaled = factor === undefined ? one : builder.node('Mul', [one, factor]);
    return builder.node('Reshape', [scaled, builder.integers([0, 0, features])]);
  };
  const least = builder.node('Min', [
    builder.exact(`${name}.logit_scale`, [heads, 1]),
    builder.floats([Math.log(mostScale)]),
  ]);
  const scale = builder.intoCompute(builder.node('Exp', [least]));
  const bias = placeBias(builder, name, distances, window, heads);
  const added = turned ? builder.node('Add', [bias, rectangles.turnedMask(side)]) : bias;
  const attended = builder.contrib(
    'MultiHeadAttention',
    [unit(part(0), scale), unit(part(1)), part(2), '', '', added],
    { num_heads: { int: heads }, scale: { float: 1 } },
  );
  const map = rectangles.fromTokens(linear(builder, attended, `${name}.proj`), side, features);
  return rectangles.turned(map, -by, -by);
}

/** [1, heads, pixels, pixels] in the compute dtype; constant, computed in fp32. */
function placeBias(
  builder: GraphBuilder,
  name: string,
  distances: string,
  window: number,
  heads: number,
): string {
  const times = (value: string, layer: string): string => {
    const turned = builder.node('Transpose', [builder.exact(`${layer}.weight`)], { perm: { ints: [1, 0] } });
    return builder.node('MatMul', [value, turned]);
  };
  const first = builder.node('Add', [
    times(distances, `${name}.cpb_mlp.0`),
    builder.exact(`${name}.cpb_mlp.0.bias`),
  ]);
  const table = times(builder.node('Relu', [first]), `${name}.cpb_mlp.2`);
  const most = builder.node('Mul', [builder.node('Sigmoid', [table]), builder.floats([mostBias])]);
  return builder.intoCompute(gatheredBias(builder, most, { height: window, width: window }, heads));
}
