/** What a text encoder whose graph takes vectors is given, from tokens of which some name vectors of embeddings. */

import { invariant } from '../../base/assert.ts';

export interface InvertedTokens {
  /** The tokens; 0 where a vector stands. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** 1 a token of the table, 0 where a vector stands for it. */
  readonly kept: Float32Array<ArrayBuffer>;
  /** A row of `width` numbers for each token: the vector, or zeros. */
  readonly vectors: Float32Array<ArrayBuffer>;
}

/**
 * Token `vocabulary` + n names row n of `rows` (each `width` numbers), as if the rows were appended to the table.
 * The results are the graph's inputs `input_ids`, `kept` and `vectors`.
 */
export function invertedTokens(
  tokens: ArrayLike<number>,
  rows: Float32Array,
  { vocabulary, width }: { readonly vocabulary: number; readonly width: number },
): InvertedTokens {
  const ids = Int32Array.from(tokens);
  const kept = new Float32Array(ids.length).fill(1);
  const vectors = new Float32Array(ids.length * width);
  ids.forEach((id, place) => {
    const row = id - vocabulary;
    if (row < 0) return;
    invariant((row + 1) * width <= rows.length, `Token ${id} names no vector`);
    vectors.set(rows.subarray(row * width, (row + 1) * width), place * width);
    ids[place] = 0;
    kept[place] = 0;
  });
  return { ids, kept, vectors };
}
