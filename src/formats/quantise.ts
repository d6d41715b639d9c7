/** Symmetric 8-bit quantisation with one half-precision scale a group of consecutive values. */

import { invariant } from '../base/assert.ts';
import { fromHalf, toHalf } from './float16.ts';

export interface Quantised {
  /** -127 to 127. */
  readonly integers: Int8Array<ArrayBuffer>;
  /** One a group; bit patterns of halves. */
  readonly scales: Uint16Array<ArrayBuffer>;
}

/** Beyond this a group's scale is no half-precision number any more. */
export const largestQuantised = 127 * 65504;

/**
 * `values`, none larger than `largestQuantised`, are cut into `groups` equal runs; each value becomes
 * `round(value / scale)` of its run.
 */
export function quantise(values: Float32Array, groups: number): Quantised {
  const length = values.length / groups;
  invariant(Number.isInteger(length), `${values.length} values do not make ${groups} groups`);
  const integers = new Int8Array(values.length);
  const scales = new Uint16Array(groups);
  for (let index = 0; index < groups; index++) {
    const start = index * length;
    let most = 0;
    for (let i = start; i < start + length; i++) most = Math.max(most, Math.abs(values[i] as number));
    // The integers are made with the scale as it is stored, so its rounding costs nothing more.
    let half = toHalf(most / 127);
    if (fromHalf(half) * 127.5 < most) half++;
    scales[index] = half;
    const scale = fromHalf(half);
    if (scale === 0) continue;
    for (let i = start; i < start + length; i++) {
      integers[i] = Math.max(-127, Math.min(127, Math.round((values[i] as number) / scale)));
    }
  }
  return { integers, scales };
}
