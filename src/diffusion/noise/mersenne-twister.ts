/** MT19937 (Matsumoto and Nishimura, "Mersenne Twister", 1998): 32-bit random words in sequence. */

import { at } from '../../base/assert.ts';

const size = 624;
const shift = 397;

/** A generator of its own state of 624 words; equal seeds give equal sequences. */
export class MersenneTwister {
  readonly #state = new Uint32Array(size);
  #position = size;

  /** @param seed its lower 32 bits count */
  constructor(seed: number) {
    this.#state[0] = seed;
    for (let i = 1; i < size; i++) {
      const last = at(this.#state, i - 1);
      this.#state[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
  }

  /** The next word, 0 to 2^32 - 1. */
  next(): number {
    if (this.#position === size) this.#twist();
    let word = at(this.#state, this.#position++);
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < size; i++) {
      const joined = (at(state, i) & 0x80000000) | (at(state, (i + 1) % size) & 0x7fffffff);
      state[i] = at(state, (i + shift) % size) ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }
}
