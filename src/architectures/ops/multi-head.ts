/**
 * Attention of several heads by the runtime's fused operator, a few heads at a time where all of them would make a tensor of logits
 * that small devices cannot bind (128 MiB).
 */

import type { GraphBuilder } from '../graph-builder.ts';
import { slice } from './channels-last.ts';

export interface Heads {
  /** Of queries, of keys and of values: all heads together. */
  readonly features: number;
  readonly heads: number;
  /** How many keys a query is held against. */
  readonly keys: number;
}

/** Logits for each query: with four bytes each, tiles of 160 x 160 pixels stay below 128 MiB. */
const mostLogits = 1280;

/** Heads that are computed at once: as many as the logits allow, in equal parts. */
export function headsAtOnce({ heads, keys }: Omit<Heads, 'features'>): number {
  for (let parts = 1; parts < heads; parts++) {
    if (heads % parts === 0 && (heads / parts) * keys <= mostLogits) return heads / parts;
  }
  return 1;
}

/**
 * Queries, keys and values are [rectangles, pixels, features]. `bias` is [1, heads, queries, keys], `mask` is added to all heads and may
 * differ between rectangles.
 */
export function multiHead(
  builder: GraphBuilder,
  qkv: readonly [string, string, string],
  form: Heads,
  bias: string | null = null,
  mask: string | null = null,
): string {
  const { features, heads } = form;
  const together = headsAtOnce(form);
  const parts = heads / together;
  const made = Array.from({ length: parts }, (_, part) => {
    const range = (value: string, width: number, axis: number): string =>
      parts === 1 ? value : slice(builder, value, part * width, (part + 1) * width, axis);
    const own = bias === null ? null : range(bias, together, 1);
    const added = own !== null && mask !== null ? builder.node('Add', [own, mask]) : own;
    return builder.contrib(
      'MultiHeadAttention',
      [...qkv.map((value) => range(value, features / parts, 2)), ...(added === null ? [] : ['', '', added])],
      { num_heads: { int: together } },
    );
  });
  const [first = ''] = made;
  return parts === 1 ? first : builder.node('Concat', made, { axis: { int: 2 } });
}
