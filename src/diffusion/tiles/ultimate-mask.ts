/**
 * Where a job of Ultimate SD Upscale changes the picture, and how much: a rectangle, a slope on either side of a line, or
 * a cone, softened by a Gaussian blur. All in pixels of the picture; values are 0 (kept) to 1 (redrawn).
 */

import { invariant } from '../../base/assert.ts';
import type { Rect, Size } from '../../picture/geometry.ts';

/** Along one axis: all of it; up to the middle and down again; or up over the first `length` pixels. */
export type Profile =
  | { readonly kind: 'flat' }
  | { readonly kind: 'triangle' }
  | { readonly kind: 'ramp'; readonly length: number };

export interface JobMask {
  /** `lines`: the product of a profile across and one down; `radial`: a cone that ends in the box's corners. */
  readonly shape:
    { readonly kind: 'lines'; readonly x: Profile; readonly y: Profile } | { readonly kind: 'radial' };
  /** May hang over the picture on the right and at the bottom. */
  readonly box: Rect;
  /** Standard deviation of the blur. */
  readonly blur: number;
}

/** The mask over `rect`, a rectangle inside the picture, row by row. Beyond the picture the blur sees its mirror. */
export function maskOver(mask: JobMask, rect: Rect, picture: Size): Float32Array<ArrayBuffer> {
  invariant(
    rect.x >= 0 &&
      rect.y >= 0 &&
      rect.x + rect.width <= picture.width &&
      rect.y + rect.height <= picture.height,
    `A mask over ${rect.width} x ${rect.height} at ${rect.x}, ${rect.y}`,
  );
  const kernel = gaussianKernel(mask.blur);
  const radius = (kernel.length - 1) / 2;
  const columns = mirrored(rect.x - radius, rect.width + 2 * radius, picture.width);
  const rows = mirrored(rect.y - radius, rect.height + 2 * radius, picture.height);
  const { shape, box } = mask;
  if (shape.kind === 'radial') return coneOver(box, columns, rows, rect, kernel);
  const across = new Float64Array(rect.width);
  const down = new Float64Array(rect.height);
  blurInto(
    Float64Array.from(columns, (x) => along(shape.x, x - box.x, box.width)),
    kernel,
    across,
  );
  blurInto(
    Float64Array.from(rows, (y) => along(shape.y, y - box.y, box.height)),
    kernel,
    down,
  );
  const result = new Float32Array(rect.width * rect.height);
  let to = 0;
  for (const one of down) for (const other of across) result[to++] = one * other;
  return result;
}

/**
 * The smallest rectangle outside which the mask, as 8-bit values, is 0; measured along the lines through the middle of the
 * mask's box, where all shapes are widest. All of the box where even there nothing is seen.
 */
export function maskBox(mask: JobMask, picture: Size): Rect {
  const { box } = mask;
  const across = clip(box.x, box.x + box.width, picture.width);
  const down = clip(box.y, box.y + box.height, picture.height);
  invariant(across.length > 0 && down.length > 0, 'A mask outside the picture');
  const radius = blurRadius(mask.blur);
  const wide = clip(box.x - radius, box.x + box.width + radius, picture.width);
  const high = clip(box.y - radius, box.y + box.height + radius, picture.height);
  const middle = {
    x: inside(box.x + Math.floor(box.width / 2), picture.width),
    y: inside(box.y + Math.floor(box.height / 2), picture.height),
  };
  const row = { x: wide.from, y: middle.y, width: wide.length, height: 1 };
  const column = { x: middle.x, y: high.from, width: 1, height: high.length };
  // Lines that are blurred first are many times fewer when the mask lies on its side.
  const seenAcross = seen(
    maskOver(turned(mask), turnedRect(row), { width: picture.height, height: picture.width }),
  );
  const seenDown = seen(maskOver(mask, column, picture));
  if (seenAcross.length === 0 || seenDown.length === 0) {
    return { x: across.from, y: down.from, width: across.length, height: down.length };
  }
  return {
    x: wide.from + seenAcross.from,
    y: high.from + seenDown.from,
    width: seenAcross.length,
    height: seenDown.length,
  };
}

/** Mirrored about the diagonal: across and down exchanged. */
function turned({ shape, box, blur }: JobMask): JobMask {
  const exchanged = shape.kind === 'lines' ? { ...shape, x: shape.y, y: shape.x } : shape;
  return { shape: exchanged, box: turnedRect(box), blur };
}

function turnedRect({ x, y, width, height }: Rect): Rect {
  return { x: y, y: x, width: height, height: width };
}

/** How far a blur of that standard deviation reaches: AUTOMATIC1111's kernels are 2 * int(2.5 sigma + 0.5) + 1 pixels wide. */
function blurRadius(sigma: number): number {
  return sigma > 0 ? Math.floor(2.5 * sigma + 0.5) : 0;
}

function gaussianKernel(sigma: number): Float64Array {
  const radius = blurRadius(sigma);
  if (radius === 0) return Float64Array.of(1);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** `out[i]` is the sum of `line[i + k]` times `kernel[k]`. */
function blurInto(line: Float64Array, kernel: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) sum += (line[i + k] as number) * (kernel[k] as number);
    out[i] = sum;
  }
}

function coneOver(
  box: Rect,
  columns: Int32Array,
  rows: Int32Array,
  { width, height }: Size,
  kernel: Float64Array,
): Float32Array<ArrayBuffer> {
  const lines = new Float64Array(rows.length * width);
  const line = new Float64Array(columns.length);
  for (const [row, y] of rows.entries()) {
    const down = (2 * (y + 0.5 - box.y)) / box.height - 1;
    for (let column = 0; column < columns.length; column++) {
      const across = (2 * ((columns[column] as number) + 0.5 - box.x)) / box.width - 1;
      const inBox = Math.abs(across) < 1 && Math.abs(down) < 1;
      line[column] = inBox ? 1 - Math.sqrt((across * across + down * down) / 2) : 0;
    }
    blurInto(line, kernel, lines.subarray(row * width, (row + 1) * width));
  }
  const column = new Float64Array(rows.length);
  const blurred = new Float64Array(height);
  const result = new Float32Array(width * height);
  for (let x = 0; x < width; x++) {
    for (let row = 0; row < rows.length; row++) column[row] = lines[row * width + x] as number;
    blurInto(column, kernel, blurred);
    for (let y = 0; y < height; y++) result[y * width + x] = blurred[y] as number;
  }
  return result;
}

function along(profile: Profile, place: number, length: number): number {
  if (place < 0 || place >= length) return 0;
  switch (profile.kind) {
    case 'flat':
      return 1;
    case 'triangle':
      return 1 - Math.abs((2 * (place + 0.5)) / length - 1);
    case 'ramp':
      return Math.min(1, (place + 0.5) / profile.length);
  }
}

/** The positions seen at `length` places from `start` on, where the picture is mirrored about its outermost pixels. */
function mirrored(start: number, length: number, side: number): Int32Array {
  const period = Math.max(1, 2 * (side - 1));
  return Int32Array.from({ length }, (_, i) => {
    const phase = (((start + i) % period) + period) % period;
    return phase < side ? phase : period - phase;
  });
}

function inside(place: number, side: number): number {
  return Math.min(side - 1, Math.max(0, place));
}

function clip(from: number, to: number, side: number): { from: number; length: number } {
  const start = Math.max(0, from);
  return { from: start, length: Math.min(side, to) - start };
}

/** From the first to the last value that is not 0 in 8 bits. */
function seen(line: Float32Array): { from: number; length: number } {
  const counts = (value: number): boolean => Math.round(value * 255) > 0;
  const from = line.findIndex(counts);
  return { from, length: from < 0 ? 0 : line.findLastIndex(counts) - from + 1 };
}
