/**
 * PNG row filters (PNG specification, section 9): each row is stored as differences from its
 * neighbours, by the filter whose differences have the smallest sum of absolute values. All five
 * sums are taken in one pass over the row, then only the winner is written.
 */

/**
 * Filters one row into `out`: the filter's number, then `row.length` bytes.
 * `above` is the unfiltered row before (zeros for the first), `step` the bytes of one pixel.
 */
export function filterRow(row: Uint8Array, above: Uint8Array, step: number, out: Uint8Array): void {
  const type = bestFilter(row, above, step);
  out[0] = type;
  const length = row.length;
  for (let i = 0; i < length; i++) {
    const a = i < step ? 0 : (row[i - step] as number);
    const b = above[i] as number;
    let guess = 0;
    if (type === 1) guess = a;
    else if (type === 2) guess = b;
    else if (type === 3) guess = (a + b) >> 1;
    else if (type === 4) guess = paeth(a, b, i < step ? 0 : (above[i - step] as number));
    out[i + 1] = (row[i] as number) - guess;
  }
}

/** 0 none, 1 sub, 2 up, 3 average, 4 Paeth. */
function bestFilter(row: Uint8Array, above: Uint8Array, step: number): number {
  let none = 0;
  let sub = 0;
  let up = 0;
  let average = 0;
  let best = 0;
  const length = row.length;
  for (let i = 0; i < length; i++) {
    const x = row[i] as number;
    const a = i < step ? 0 : (row[i - step] as number);
    const b = above[i] as number;
    const c = i < step ? 0 : (above[i - step] as number);
    none += size(x);
    sub += size(x - a);
    up += size(x - b);
    average += size(x - ((a + b) >> 1));
    best += size(x - paeth(a, b, c));
  }
  let type = 0;
  if (sub < none) [type, none] = [1, sub];
  if (up < none) [type, none] = [2, up];
  if (average < none) [type, none] = [3, average];
  return best < none ? 4 : type;
}

/** The absolute value of a difference taken modulo 256, as a signed byte. */
function size(difference: number): number {
  const signed = (difference << 24) >> 24;
  return signed < 0 ? -signed : signed;
}

/** Of left, above and above left, the one nearest to left + above - above left. */
function paeth(a: number, b: number, c: number): number {
  const toA = b > c ? b - c : c - b;
  const toB = a > c ? a - c : c - a;
  const sum = a + b - c - c;
  const toC = sum < 0 ? -sum : sum;
  if (toA <= toB && toA <= toC) return a;
  return toB <= toC ? b : c;
}
