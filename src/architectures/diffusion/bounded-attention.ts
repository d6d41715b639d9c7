/**
 * Attention whose logits fit into what small devices bind (128 MiB): where the runtime's operator cannot do without a tensor of
 * logits, it makes heads * queries * keys of them, 256 MiB in half precision for a tile of 512 pixels. Queries do not
 * know of each other, so that some of them at a time give the same.
 */

import type { GraphBuilder } from '../graph-builder.ts';
import { slice } from '../ops/channels-last.ts';
import { attention } from './layers.ts';

/** With four bytes each: 128 MiB. */
const mostLogits = 2 ** 25;

export interface AttentionForm {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

/** How many queries to hold against the keys at once: all of them, or nearly equal parts. */
export function queriesAtOnce({ batch, heads, queries, keys }: AttentionForm): number {
  const most = Math.max(1, Math.floor(mostLogits / (batch * heads * keys)));
  return Math.ceil(queries / Math.ceil(queries / most));
}

/** Queries [batch, queries, width], keys and values [batch, keys, width]; the result is as the queries are. */
export function boundedAttention(
  builder: GraphBuilder,
  [queries, keys, values]: readonly [string, string, string],
  form: AttentionForm,
): string {
  const together = queriesAtOnce(form);
  if (together >= form.queries) return attention(builder, [queries, keys, values], form.heads);
  const parts: string[] = [];
  for (let start = 0; start < form.queries; start += together) {
    const some = slice(builder, queries, start, Math.min(start + together, form.queries), 1);
    parts.push(attention(builder, [some, keys, values], form.heads));
  }
  return builder.concat(parts);
}
