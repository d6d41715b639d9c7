/** The one loop over latents that samplers and guidance need: a million values and more, in single precision. */

import { invariant } from '../../base/assert.ts';

export type Term = readonly [weight: number, values: Float32Array];

/** The sum of weight times values, place by place, in double precision up to the last rounding. Weights of 0 cost nothing. */
export function weightedSum(terms: readonly Term[]): Float32Array<ArrayBuffer> {
  const length = terms[0]?.[1].length ?? 0;
  invariant(
    terms.every(([, values]) => values.length === length),
    'Latents that are added have one shape',
  );
  const sum = new Float64Array(length);
  for (const [weight, values] of terms) {
    if (weight === 0) continue;
    for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + weight * (values[i] as number);
  }
  return new Float32Array(sum);
}
