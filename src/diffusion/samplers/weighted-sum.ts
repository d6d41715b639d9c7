/** The one loop over latents that samplers and guidance need. */

import { at, invariant } from '../../base/assert.ts';

export type Term = readonly [weight: number, values: Float32Array];

/** The sum of weight times values, place by place, in double precision up to the last rounding. Weights of 0 cost nothing. */
export function weightedSum(terms: readonly Term[]): Float32Array<ArrayBuffer> {
  const length = terms[0]?.[1].length ?? 0;
  invariant(
    terms.every(([, values]) => values.length === length),
    'Latents that are added have one shape',
  );
  const counted = terms.filter(([weight]) => weight !== 0);
  const weights = counted.map(([weight]) => weight);
  const arrays = counted.map(([, values]) => values);
  const sum = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let value = 0;
    for (let term = 0; term < arrays.length; term++) value += at(weights, term) * at(at(arrays, term), i);
    sum[i] = value;
  }
  return sum;
}
