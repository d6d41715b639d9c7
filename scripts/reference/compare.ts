/** How far two 8-bit pictures are apart. */

export interface Difference {
  /** In 8-bit levels. */
  readonly most: number;
  readonly mean: number;
  /** In decibels; infinite for equal pictures. */
  readonly psnr: number;
}

export function compare(a: Uint8Array, b: Uint8Array): Difference {
  if (a.length !== b.length) throw new RangeError(`${a.length} values against ${b.length}`);
  let [most, sum, squares] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs((a[i] as number) - (b[i] as number));
    most = Math.max(most, off);
    sum += off;
    squares += off * off;
  }
  return { most, mean: sum / a.length, psnr: 10 * Math.log10((255 * 255 * a.length) / squares) };
}
