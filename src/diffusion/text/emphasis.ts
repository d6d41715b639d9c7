/** Emphasis as AUTOMATIC1111's "Original" does it: the encoder's output is multiplied, and its mean restored. */

/**
 * The encoder's output for one row with the weights in it: each token's vector times its weight, then all of it times
 * the mean of before over the mean of after, so that emphasis shifts attention and not brightness.
 * `hidden` is [tokens, width] row by row, `weights` one factor a token. Where no weight differs from 1 the same array
 * comes back; where the mean of after is 0, as with weights of 0 only, it cannot be restored and is left.
 */
export function applyEmphasis(hidden: Float32Array, weights: readonly number[]): Float32Array {
  if (weights.every((weight) => weight === 1)) return hidden;
  const width = hidden.length / weights.length;
  const result = new Float32Array(hidden.length);
  let before = 0;
  let after = 0;
  hidden.forEach((value, index) => {
    const weighted = Math.fround(value * (weights[Math.floor(index / width)] ?? 1));
    before += value;
    after += weighted;
    result[index] = weighted;
  });
  const factor = before / after;
  // The mean of a whole row may by chance be 0: then nothing is to be restored by a factor.
  if (after === 0 || !Number.isFinite(factor)) return result;
  return result.map((value) => value * factor);
}
