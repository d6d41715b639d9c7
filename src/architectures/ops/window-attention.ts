/**
 * Attention in square windows with a table of biases for places (Liu et al., "Swin Transformer", ICCV 2021), over the map or
 * over the map turned by half a window. Values are [batch, h, w, features].
 */

import type { TensorSpec } from '../architecture.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { gelu } from './activations.ts';
import { linear, linearSpecs, norm, normSpecs, slice } from './channels-last.ts';
import { multiHead } from './multi-head.ts';
import { gatheredBias } from './position-network.ts';
import type { Rectangles } from './rectangles.ts';

export interface WindowForm {
  readonly features: number;
  readonly heads: number;
  /** Side of a window. */
  readonly window: number;
  /** Width of the feed-forward layers. */
  readonly hidden: number;
  /** 1 when queries, keys and values have biases. */
  readonly qkvBias: number;
}

/** The tensors of one block under the prefix `name`. */
export function windowBlockSpecs(name: string, form: WindowForm): TensorSpec[] {
  const { features, heads, window, hidden, qkvBias } = form;
  return [
    ...normSpecs(`${name}.norm1`, features),
    { name: `${name}.attn.relative_position_bias_table`, shape: [(2 * window - 1) ** 2, heads] },
    ...linearSpecs(`${name}.attn.qkv`, 3 * features, features, qkvBias === 1),
    ...linearSpecs(`${name}.attn.proj`, features, features),
    ...normSpecs(`${name}.norm2`, features),
    ...linearSpecs(`${name}.mlp.fc1`, hidden, features),
    ...linearSpecs(`${name}.mlp.fc2`, features, hidden),
  ];
}

/** A block with its norms first: attention and a feed-forward, each added to what went in. */
export function windowBlock(
  builder: GraphBuilder,
  rectangles: Rectangles,
  input: string,
  name: string,
  form: WindowForm,
  turned: boolean,
): string {
  const normed = norm(builder, input, `${name}.norm1`);
  const attended = windowAttention(builder, rectangles, normed, `${name}.attn`, form, turned);
  return feedForward(builder, builder.node('Add', [input, attended]), name);
}

/** The second half of a block: two dense layers after a norm, added to what went in. */
export function feedForward(builder: GraphBuilder, value: string, name: string): string {
  const wide = gelu(builder, linear(builder, norm(builder, value, `${name}.norm2`), `${name}.mlp.fc1`));
  return builder.node('Add', [value, linear(builder, wide, `${name}.mlp.fc2`)]);
}

/** Attention alone, of a map that is normed already; turned by half a window and back when told. */
export function windowAttention(
  builder: GraphBuilder,
  rectangles: Rectangles,
  input: string,
  name: string,
  { features, heads, window, qkvBias }: WindowForm,
  turned: boolean,
): string {
  const side = { height: window, width: window };
  const by = turned ? Math.floor(window / 2) : 0;
  const all = linear(builder, rectangles.turned(input, by, by), `${name}.qkv`, qkvBias === 1);
  const tokens = rectangles.tokens(all, side, 3 * features);
  const part = (at: number): string => slice(builder, tokens, at * features, (at + 1) * features, 2);
  const table = builder.weight(`${name}.relative_position_bias_table`);
  const bias = gatheredBias(builder, table, side, heads);
  const mask = turned ? rectangles.turnedMask(side) : null;
  const form = { features, heads, keys: window * window };
  const attended = multiHead(builder, [part(0), part(1), part(2)], form, bias, mask);
  const map = rectangles.fromTokens(linear(builder, attended, `${name}.proj`), side, features);
  return rectangles.turned(map, -by, -by);
}
