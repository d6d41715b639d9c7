/** The blocks of ATD (see atd.ts). Values are [1, h, w, features]; a dictionary is [tokens, features]. */

import type { AtdStructure } from './atd.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { gelu } from './ops/activations.ts';
import { channelsFirst, channelsLast, linear, norm, slice } from './ops/channels-last.ts';
import { convolve } from './ops/convolutions.ts';
import { multiHead } from './ops/multi-head.ts';
import { gatheredBias } from './ops/position-network.ts';
import type { Rectangles } from './ops/rectangles.ts';

/** Below this length a vector is not made a unit one; the smallest that half precision can add to nothing. */
const shortest = 1e-6;
const largestLogitScale = 100;
const instanceEpsilon = 1e-5;

/** Pixels in the order of their categories, in groups of one length: what depends on their count alone. */
export class Categories {
  readonly #builder: GraphBuilder;
  /** How many pixels there are, a list of one. */
  readonly #count: string;
  readonly #places: string;
  /** For each place of all groups the place in the order: what lacks in the last group is filled from its end backwards. */
  readonly #filled: string;
  /** Length of a group, a list of one. */
  readonly #length: string;

  constructor(builder: GraphBuilder, input: string, category: number) {
    this.#builder = builder;
    const scalar = (value: string): string => builder.node('Squeeze', [value, builder.integers([0])]);
    const range = (count: string): string =>
      builder.node('Range', [scalar(builder.integers([0])), scalar(count), scalar(builder.integers([1]))]);
    const sides = slice(builder, builder.node('Shape', [input]), 2, 4, 0);
    const one = builder.integers([1]);
    this.#count = builder.node('ReduceProd', [sides], { axes: { ints: [0] }, keepdims: { int: 1 } });
    this.#length = builder.node('Min', [this.#count, builder.integers([category])]);
    const before = builder.node('Sub', [this.#count, one]);
    const groups = builder.node('Add', [builder.node('Div', [before, this.#length]), one]);
    this.#places = range(this.#count);
    const all = range(builder.node('Mul', [groups, this.#length]));
    const mirrored = builder.node('Sub', [builder.node('Add', [this.#count, before]), all]);
    this.#filled = builder.node('Min', [all, mirrored]);
  }

  /**
   * From likeness [pixels, tokens]: the pixels in the order of the token that each is most like, filled up to whole
   * groups, and where each pixel is in that order. Equal ones stay in their order.
   */
  order(likeness: string): { readonly chosen: string; readonly back: string } {
    const builder = this.#builder;
    const category = builder.node('ArgMax', [likeness], { axis: { int: 1 }, keepdims: { int: 0 } });
    // Keys that are all different make the order the same in every program.
    const keys = builder.node('Add', [builder.node('Mul', [category, this.#count]), this.#places]);
    const order = builder.second('TopK', [keys, this.#count], { largest: { int: 0 }, sorted: { int: 1 } });
    const back = builder.node('ScatterElements', [order, order, this.#places], { axis: { int: 0 } });
    return { chosen: builder.node('Gather', [order, this.#filled], { axis: { int: 0 } }), back };
  }

  /** [places, channels] to [groups, places of one, channels]. */
  grouped(value: string, channels: number): string {
    const lists = [this.#builder.integers([-1]), this.#length, this.#builder.integers([channels])];
    const shape = this.#builder.node('Concat', lists, { axis: { int: 0 } });
    return this.#builder.node('Reshape', [value, shape]);
  }
}

/** One block, and the dictionary for the next, which the last block of a group does not make. */
export function atdBlock(
  builder: GraphBuilder,
  rectangles: Rectangles,
  categories: Categories,
  structure: AtdStructure,
  input: string,
  dictionary: string,
  { name, turned, last }: { readonly name: string; readonly turned: boolean; readonly last: boolean },
): { readonly value: string; readonly dictionary: string } {
  const { features, hidden, kernel, qkvBias } = structure;
  const normed = norm(builder, input, `${name}.norm1`);
  const all = linear(builder, normed, `${name}.wqkv`, qkvBias === 1);
  const likeness = likenessTo(builder, structure, normed, dictionary, `${name}.attn_atd`);
  const told = builder.node('MatMul', [
    likeness,
    linear(builder, dictionary, `${name}.attn_atd.wv`, qkvBias === 1),
  ]);
  const alike = categoryAttention(builder, categories, structure, all, likeness, `${name}.attn_aca`);
  const near = windowAttention(builder, rectangles, structure, all, `${name}.attn_win`, turned);
  const far = rectangles.mapLast(builder.node('Add', [told, alike]), features);
  let value = builder.node('Add', [builder.node('Add', [input, near]), far]);

  const seen = norm(builder, value, `${name}.norm2`);
  const wide = gelu(builder, linear(builder, seen, `${name}.convffn.fc1`));
  const around = convolve(builder, channelsFirst(builder, wide), `${name}.convffn.dwconv.depthwise_conv.0`, {
    kernel,
    groups: hidden,
  });
  const both = builder.node('Add', [wide, channelsLast(builder, gelu(builder, around))]);
  value = builder.node('Add', [value, linear(builder, both, `${name}.convffn.fc2`)]);
  if (last) return { value, dictionary };
  return { value, dictionary: refined(builder, structure, value, dictionary, likeness, name) };
}

/** How much each pixel takes from each token, [pixels, tokens]; a row's sum is one. */
function likenessTo(
  builder: GraphBuilder,
  { features, tokens, qkvBias }: AtdStructure,
  input: string,
  dictionary: string,
  name: string,
): string {
  const bias = qkvBias === 1;
  const pixels = builder.node('Reshape', [input, builder.integers([-1, features])]);
  const query = unit(builder, linear(builder, pixels, `${name}.wq`, bias));
  const key = unit(builder, linear(builder, dictionary, `${name}.wk`, bias));
  const turned = builder.node('Transpose', [key], { perm: { ints: [1, 0] } });
  const learned = builder.node('Clip', [
    builder.weight(`${name}.scale`),
    builder.number(0),
    builder.number(1),
  ]);
  const sharper = builder.node('Mul', [learned, builder.number(Math.log(tokens))]);
  const factor = builder.node('Add', [sharper, builder.number(1)]);
  const logits = builder.node('Mul', [builder.node('MatMul', [query, turned]), factor]);
  return builder.node('Softmax', [logits], { axis: { int: -1 } });
}

/** Attention between pixels of one group, [pixels, features]. */
function categoryAttention(
  builder: GraphBuilder,
  categories: Categories,
  { features, heads, category, qkvBias }: AtdStructure,
  all: string,
  likeness: string,
  name: string,
): string {
  const { chosen, back } = categories.order(likeness);
  const pixels = builder.node('Reshape', [all, builder.integers([-1, 3 * features])]);
  const sorted = builder.node('Gather', [pixels, chosen], { axis: { int: 0 } });
  const groups = categories.grouped(sorted, 3 * features);
  const [query, key, value] = thirds(builder, groups, features);
  // The operator divides by the root of a head's width, which this attention does not.
  const scale = builder.node('Mul', [
    builder.node('Min', [
      builder.node('Exp', [builder.exact(`${name}.logit_scale`)]),
      builder.floats([largestLogitScale]),
    ]),
    builder.floats([Math.sqrt(features / heads)]),
  ]);
  const scaled = builder.node('Mul', [query, builder.intoCompute(scale)]);
  const attended = multiHead(builder, [scaled, key, value], { features, heads, keys: category });
  const list = builder.node('Reshape', [attended, builder.integers([-1, features])]);
  const returned = builder.node('Gather', [list, back], { axis: { int: 0 } });
  return linear(builder, returned, `${name}.proj`, qkvBias === 1);
}

function windowAttention(
  builder: GraphBuilder,
  rectangles: Rectangles,
  { features, heads, window }: AtdStructure,
  all: string,
  name: string,
  turned: boolean,
): string {
  const side = { height: window, width: window };
  const by = turned ? Math.floor(window / 2) : 0;
  const tokens = rectangles.tokens(rectangles.turned(all, by, by), side, 3 * features);
  const bias = gatheredBias(builder, builder.weight(`${name}.relative_position_bias_table`), side, heads);
  const mask = turned ? rectangles.turnedMask(side) : null;
  const form = { features, heads, keys: window * window };
  const attended = multiHead(builder, thirds(builder, tokens, features), form, bias, mask);
  const out = linear(builder, attended, `${name}.proj`);
  return rectangles.turned(rectangles.fromTokens(out, side, features), -by, -by);
}

/** The dictionary moved towards the pixels that each of its tokens is most like. */
function refined(
  builder: GraphBuilder,
  { features, tokens }: AtdStructure,
  value: string,
  dictionary: string,
  likeness: string,
  name: string,
): string {
  const turned = builder.node('Transpose', [likeness], { perm: { ints: [1, 0] } });
  const normed = builder.node(
    'InstanceNormalization',
    [
      builder.node('Reshape', [turned, builder.integers([1, tokens, -1])]),
      builder.weight(`${name}.norm3.weight`),
      builder.weight(`${name}.norm3.bias`),
    ],
    { epsilon: { float: instanceEpsilon } },
  );
  const shares = builder.node('Softmax', [normed], { axis: { int: -1 } });
  const list = builder.node('Reshape', [value, builder.integers([1, -1, features])]);
  const seen = builder.node('Reshape', [
    builder.node('MatMul', [shares, list]),
    builder.integers([tokens, features]),
  ]);
  const keep = builder.node('Sigmoid', [builder.weight(`${name}.sigma`)]);
  const difference = builder.node('Sub', [dictionary, seen]);
  return builder.node('Add', [seen, builder.node('Mul', [keep, difference])]);
}

/** Queries, keys and values from the last of three dimensions. */
function thirds(builder: GraphBuilder, value: string, features: number): [string, string, string] {
  const part = (index: number): string => slice(builder, value, index * features, (index + 1) * features, 2);
  return [part(0), part(1), part(2)];
}

function unit(builder: GraphBuilder, value: string): string {
  const length = builder.node('ReduceL2', [value], { axes: { ints: [-1] }, keepdims: { int: 1 } });
  return builder.node('Div', [value, builder.node('Max', [length, builder.number(shortest)])]);
}
