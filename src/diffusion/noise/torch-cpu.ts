/**
 * Normal values as torch's CPU generator gives them to `torch.randn` in single precision: MT19937
 * below, Box-Muller in blocks of 16, and another way in double precision for fewer than 16 values.
 * Source: the behaviour of torch 2.5.
 */

import { at } from '../../base/assert.ts';
import { MersenneTwister } from './mersenne-twister.ts';

const block = 16;
const half = block / 2;
const fullTurn = Math.fround(2 * Math.PI);

/** A `torch.Generator(device='cpu')`: draws depend on those before them. */
export class TorchCpuGenerator {
  readonly #words: MersenneTwister;
  /** The second value of a pair in double precision, kept for the next short call. */
  #kept: number | null = null;

  /** @param seed as of `manual_seed`; its lower 32 bits count */
  constructor(seed: number) {
    this.#words = new MersenneTwister(seed);
  }

  /** The next `length` standard normal values: what `torch.randn(length, generator=...)` returns. */
  normals(length: number): Float32Array<ArrayBuffer> {
    const values = new Float32Array(length);
    if (length < block) {
      for (let i = 0; i < length; i++) values[i] = this.#double();
      return values;
    }
    for (let i = 0; i < length; i++) values[i] = this.#unit();
    for (let start = 0; start + block <= length; start += block) toNormal(values, start);
    // The last block is drawn anew, over values that were finished already.
    if (length % block > 0) {
      for (let i = length - block; i < length; i++) values[i] = this.#unit();
      toNormal(values, length - block);
    }
    return values;
  }

  /** 0 to 1 in 24 bits. */
  #unit(): number {
    return (this.#words.next() & 0xffffff) / 2 ** 24;
  }

  /** 0 to 1 in 53 bits of two words, the first of which is the upper one. */
  #longUnit(): number {
    const high = this.#words.next() & 0x1fffff;
    return (high * 2 ** 32 + this.#words.next()) / 2 ** 53;
  }

  #double(): number {
    if (this.#kept !== null) {
      const value = this.#kept;
      this.#kept = null;
      return value;
    }
    const angle = 2 * Math.PI * this.#longUnit();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#longUnit()));
    this.#kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** 16 uniform values to normal ones in place, rounded where torch rounds. */
function toNormal(values: Float32Array, start: number): void {
  for (let i = start; i < start + half; i++) {
    const logarithm = Math.fround(Math.log(1 - at(values, i)));
    const radius = Math.fround(Math.sqrt(-2 * logarithm));
    const angle = Math.fround(fullTurn * at(values, i + half));
    values[i] = radius * Math.fround(Math.cos(angle));
    values[i + half] = radius * Math.fround(Math.sin(angle));
  }
}
