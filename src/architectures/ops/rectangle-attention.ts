/**
 * Attention in lying rectangles over one half of the channels and in upright ones over the other, as DAT and RGT have it, with
 * a bias for places from a small network. Every second such layer is over the map turned by half a rectangle.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { shapeOf } from '../common.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { linear, linearSpecs, slice } from './channels-last.ts';
import { positionBias, positionNetworkSpecs } from './position-network.ts';
import type { Rectangle, Rectangles } from './rectangles.ts';

export interface RectangleForm {
  readonly features: number;
  /** Of both halves together. */
  readonly heads: number;
  /** The sides of a rectangle, the shorter first; the first half's is `width` wide when `split` is [height, width]. */
  readonly split: readonly number[];
  /** 1 when queries, keys and values have biases. */
  readonly qkvBias: number;
}

const usualSplit = [8, 32] as const;

/** Whether a block of a group is over the turned map: the third of every four in even groups, the first in odd ones. */
export function isTurned(group: number, block: number): boolean {
  return block % 4 === (group % 2 === 0 ? 2 : 0);
}

/**
 * The sides of the rectangles, the shorter first, from the shapes of two tables under the prefix `name`, which tell
 * their product and their sum; null where these do not fit. No shape tells which side comes first; published
 * networks have the shorter one first. A table that lost them is taken for the 8 x 32 of most of those.
 */
export function splitOf(table: TensorTable, name: string): readonly [number, number] | null {
  const pixels = shapeOf(table, `${name}.relative_position_index`, 2)?.[0];
  const distances = shapeOf(table, `${name}.rpe_biases`, 2)?.[0];
  if (pixels === undefined || distances === undefined) return usualSplit;
  // (2 a - 1) (2 b - 1) = 4 a b - 2 (a + b) + 1.
  const sum = (4 * pixels + 1 - distances) / 2;
  const short = (sum - Math.sqrt(sum * sum - 4 * pixels)) / 2;
  return Number.isSafeInteger(short) && short > 0 ? [short, sum - short] : null;
}

export function rectangleSpecs(name: string, { features, heads, qkvBias }: RectangleForm): TensorSpec[] {
  const width = Math.floor(Math.floor(features / 8) / 4);
  return [
    ...linearSpecs(`${name}.qkv`, 3 * features, features, qkvBias === 1),
    ...[0, 1].flatMap((half) => positionNetworkSpecs(`${name}.attns.${half}.pos`, width, heads / 2)),
  ];
}

/** Both halves' result and the values that went in, each [1, h, w, features]. */
export function rectangleAttention(
  builder: GraphBuilder,
  rectangles: Rectangles,
  input: string,
  name: string,
  form: RectangleForm,
  turned: boolean,
): { readonly attended: string; readonly values: string } {
  const { features, heads } = form;
  const [short = 1, long = 1] = form.split;
  const all = linear(builder, input, `${name}.qkv`, form.qkvBias === 1);
  const half = features / 2;
  const halves = [0, 1].map((index) => {
    const side: Rectangle = index === 0 ? { height: short, width: long } : { height: long, width: short };
    const [down, right] = turned ? [Math.floor(side.height / 2), Math.floor(side.width / 2)] : [0, 0];
    const parts = [0, 1, 2].map((part) => {
      const start = part * features + index * half;
      return slice(builder, all, start, start + half, 3);
    });
    const moved = rectangles.turned(builder.node('Concat', parts, { axis: { int: 3 } }), down, right);
    const tokens = rectangles.tokens(moved, side, 3 * half);
    const qkv = [0, 1, 2].map((part) => slice(builder, tokens, part * half, (part + 1) * half, 2));
    const bias = positionBias(builder, `${name}.attns.${index}.pos`, side, heads / 2);
    const added = turned ? builder.node('Add', [bias, rectangles.turnedMask(side)]) : bias;
    const attended = builder.contrib('MultiHeadAttention', [...qkv, '', '', added], {
      num_heads: { int: heads / 2 },
    });
    return rectangles.turned(rectangles.fromTokens(attended, side, half), -down, -right);
  });
  return {
    attended: builder.node('Concat', halves, { axis: { int: 3 } }),
    values: slice(builder, all, 2 * features, 3 * features, 3),
  };
}
