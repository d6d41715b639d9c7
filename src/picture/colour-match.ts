/**
 * Gives a redrawn picture the mean and the spread of its source, channel by channel. Planes are three, red, green and blue, one after
 * another, in whatever curve they are stored; nothing is clamped.
 */

import { at, invariant } from '../base/assert.ts';
import { area, type Size } from './geometry.ts';

/** Keeps the noise of flat pictures from being blown up: variances are compared with this added (as StableSR does). */
const least = 1e-5;

/**
 * Mean and variance of the channels of what was added. Moments of a picture are those of its parts, added one after another, so
 * that all tiles of a picture can be changed alike, and no border shows between them.
 */
export class ColourMoments {
  #count = 0;
  readonly #sums = new Float64Array(3);
  readonly #squares = new Float64Array(3);

  /** Three planes of `size`. */
  add(planes: Float32Array, size: Size): this {
    const count = area(size);
    invariant(planes.length === 3 * count, `${planes.length} values for 3 planes of ${count}`);
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      let squares = 0;
      // Values around the middle of their range: the difference below then loses few digits.
      for (let i = channel * count; i < (channel + 1) * count; i++) {
        const value = (planes[i] as number) - 0.5;
        sum += value;
        squares += value * value;
      }
      this.#sums[channel] = at(this.#sums, channel) + sum;
      this.#squares[channel] = at(this.#squares, channel) + squares;
    }
    this.#count += count;
    return this;
  }

  mean(channel: number): number {
    invariant(this.#count > 0, 'Moments of no pixels');
    return at(this.#sums, channel) / this.#count + 0.5;
  }

  variance(channel: number): number {
    const mean = this.mean(channel) - 0.5;
    return Math.max(0, at(this.#squares, channel) / this.#count - mean * mean);
  }
}

/**
 * Changes `planes`, part of a picture with the moments `from`, to the moments `to`, in place: adaptive instance normalisation (Huang and
 * Belongie, arXiv 1703.06868).
 */
export function matchMoments(planes: Float32Array, from: ColourMoments, to: ColourMoments): void {
  const count = planes.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const factor = Math.sqrt((to.variance(channel) + least) / (from.variance(channel) + least));
    const [before, after] = [from.mean(channel), to.mean(channel)];
    for (let i = channel * count; i < (channel + 1) * count; i++) {
      planes[i] = ((planes[i] as number) - before) * factor + after;
    }
  }
}
