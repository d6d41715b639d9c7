/**
 * Random numbers that are addressed instead of drawn in sequence: Philox4x32-10 (Salmon et al.,
 * "Parallel random numbers: as easy as 1, 2, 3", 2011), and the normal values that CUDA and the "NV"
 * noise source of AUTOMATIC1111 make of them.
 */

import { invariant } from '../../base/assert.ts';

const rounds = 10;
const multipliers = [0xd2511f53, 0xcd9e8d57] as const;
const weyl = [0x9e3779b9, 0xbb67ae85] as const;

const toUnit = 2 ** -32;
/** In single precision, as the programs to be reproduced have it. */
const toAngle = Math.fround(2 * Math.PI * 2 ** -32);

/** The upper 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return aHigh * bHigh + (middle >>> 16) + ((aLow * bHigh + (middle & 0xffff)) >>> 16);
}

/**
 * Turns the counter (four unsigned 32-bit words, in place) into four random words.
 * @param keyLow, keyHigh unsigned 32-bit words
 */
export function philox4x32(block: Uint32Array, keyLow: number, keyHigh: number): void {
  let a = block[0] ?? 0;
  let b = block[1] ?? 0;
  let c = block[2] ?? 0;
  let d = block[3] ?? 0;
  for (let round = 0; round < rounds; round++) {
    const low = Math.imul(multipliers[0], a);
    const high = multiplyHigh(multipliers[0], a);
    a = (multiplyHigh(multipliers[1], c) ^ b ^ keyLow) >>> 0;
    b = Math.imul(multipliers[1], c) >>> 0;
    c = (high ^ d ^ keyHigh) >>> 0;
    d = low >>> 0;
    keyLow = (keyLow + weyl[0]) >>> 0;
    keyHigh = (keyHigh + weyl[1]) >>> 0;
  }
  block[0] = a;
  block[1] = b;
  block[2] = c;
  block[3] = d;
}

/**
 * Standard normal values number `first` to `first + length - 1` of draw number `draw`, by the
 * Box-Muller transform, of which the sine half alone is used.
 * @param seed 0 to 2^53 - 1
 * @param draw how many times the generator was called before, 0 to 2^32 - 1
 */
export function philoxNormals(
  seed: number,
  draw: number,
  first: number,
  length: number,
): Float32Array<ArrayBuffer> {
  invariant(Number.isSafeInteger(seed) && seed >= 0, 'A seed is a whole number from 0 to 2^53 - 1');
  invariant(first >= 0 && first + length <= 2 ** 32, 'A draw has 2^32 values');
  const [keyLow, keyHigh] = [seed >>> 0, Math.floor(seed / 2 ** 32)];
  const block = new Uint32Array(4);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    block[0] = draw;
    block[1] = 0;
    block[2] = first + i;
    block[3] = 0;
    philox4x32(block, keyLow, keyHigh);
    const radius = Math.sqrt(-2 * Math.log((block[0] ?? 0) * toUnit + toUnit / 2));
    values[i] = radius * Math.sin((block[1] ?? 0) * toAngle + toAngle / 2);
  }
  return values;
}
