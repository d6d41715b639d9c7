/**
 * Attention of plain operators, whose logits fit into what small devices bind (128 MiB). The runtime's own operator is not for every
 * device. Its WebGPU kernel with subgroups (onnxruntime 1.30) expects a variable that is declared in a loop to be zero each time round;
 * on Vulkan it keeps its value (Chromium 156, whatever the width of subgroups), and results are wrong by percents. Where it makes
 * logits they are heads * queries * keys, 256 MiB in half precision for a tile of 512 pixels. Queries do not know of each
 * other, so that some at a time give the same.
 */

import { invariant } from '../../base/assert.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { slice } from '../ops/channels-last.ts';

/** With four bytes each: 128 MiB. */
const mostLogits = 2 ** 25;

export interface AttentionForm {
  readonly batch: number;
  /** Of all heads together. */
  readonly width: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

/** How many queries to hold against the keys at once: all of them, or nearly equal parts. */
export function queriesAtOnce({ batch, heads, queries, keys }: Omit<AttentionForm, 'width'>): number {
  const most = Math.max(1, Math.floor(mostLogits / (batch * heads * keys)));
  return Math.ceil(queries / Math.ceil(queries / most));
}

/**
 * Queries [batch, queries, width] (or these rows in a matrix), keys and values [batch, keys, width] likewise; the result is
 * [batch, queries, width]. `mask` is added to the logits [batch, heads, queries, keys], whose sides it has or is 1 in.
 */
export function boundedAttention(
  builder: GraphBuilder,
  [queries, keys, values]: readonly [string, string, string],
  form: AttentionForm,
  mask: string | null = null,
): string {
  const { batch, width, heads } = form;
  const size = width / heads;
  const apart = (value: string, count: number, order: readonly number[]): string => {
    const split = builder.node('Reshape', [value, builder.integers([batch, count, heads, size])]);
    return builder.node('Transpose', [split], { perm: { ints: order } });
  };
  // Scaled first: products of large features leave the range of half precision.
  const scaled = builder.node('Mul', [queries, builder.number(1 / Math.sqrt(size))]);
  const asking = apart(scaled, form.queries, [0, 2, 1, 3]);
  const asked = apart(keys, form.keys, [0, 2, 3, 1]);
  const answers = apart(values, form.keys, [0, 2, 1, 3]);
  const together = queriesAtOnce(form);
  invariant(mask === null || together >= form.queries, 'A mask is for as many queries as go at once');
  const parts: string[] = [];
  for (let start = 0; start < form.queries; start += together) {
    const whole = together >= form.queries;
    const end = Math.min(start + together, form.queries);
    const some = whole ? asking : slice(builder, asking, start, end, 2);
    const logits = builder.node('MatMul', [some, asked]);
    const masked = mask === null ? logits : builder.node('Add', [logits, mask]);
    const weights = builder.node('Softmax', [masked], { axis: { int: -1 } });
    parts.push(builder.node('MatMul', [weights, answers]));
  }
  const [first = ''] = parts;
  const mixed = parts.length === 1 ? first : builder.node('Concat', parts, { axis: { int: 2 } });
  const turned = builder.node('Transpose', [mixed], { perm: { ints: [0, 2, 1, 3] } });
  return builder.node('Reshape', [turned, builder.integers([batch, form.queries, width])]);
}
