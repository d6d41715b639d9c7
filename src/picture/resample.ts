/**
 * The classic filters, for every resize in the app: any window of a picture (in fractions of pixels) to
 * any size, rectangle by rectangle. An output pixel never depends on how the output is cut.
 */

import { invariant } from '../base/assert.ts';
import { isOpaque } from './alpha.ts';
import type { Rect, Size, Window } from './geometry.ts';
import type { PixelBlock } from './pixel-store.ts';
import { mostOf } from './planes.ts';
import type { ClassicFilter } from './resample-filter.ts';
import { encoder, linearTable } from './srgb.ts';
import { makeTaps, type Taps } from './taps.ts';

export interface ResamplerOptions {
  /**
   * What samples are averaged in. By default linear light when the picture gets smaller (fine detail
   * then keeps its brightness, as it would from further away), and the stored curve when it gets larger in any direction:
   * there the filters overshoot at edges, and in linear light the dark side of that is a visible halo.
   */
  readonly light?: 'linear' | 'stored';
}

/**
 * What a transparent pixel counts beside an opaque one, so that its colour (bled from its neighbours)
 * is kept where there is nothing else. Too little to show in 16 bits.
 */
const trace = 2 ** -20;

export class Resampler {
  readonly #filter: ClassicFilter;
  readonly #to: Size;
  readonly #across: Taps;
  readonly #down: Taps;
  readonly #linear: boolean;

  /**
   * Maps `window` of a picture of size `from` to a picture of size `to`. Around the window the filter
   * sees the picture, and beyond the picture its edge pixels.
   */
  constructor(filter: ClassicFilter, from: Size, window: Window, to: Size, options: ResamplerOptions = {}) {
    invariant(window.width > 0 && window.height > 0, 'An empty window');
    const smaller =
      to.width <= window.width &&
      to.height <= window.height &&
      to.width * to.height < window.width * window.height;
    this.#filter = filter;
    this.#to = { width: to.width, height: to.height };
    this.#across = makeTaps(filter, from.width, window.x, window.width, to.width);
    this.#down = makeTaps(filter, from.height, window.y, window.height, to.height);
    this.#linear = options.light ? options.light === 'linear' : smaller;
  }

  /** The input rectangle that is needed for `target`, a rectangle of the output. */
  sourceRect(target: Rect): Rect {
    const { width, height } = this.#to;
    invariant(
      target.x >= 0 &&
        target.y >= 0 &&
        target.width > 0 &&
        target.height > 0 &&
        target.x + target.width <= width &&
        target.y + target.height <= height,
      `${target.width} x ${target.height} at ${target.x}, ${target.y} lies outside ${width} x ${height}`,
    );
    const [x, right] = reach(this.#across, target.x, target.width);
    const [y, bottom] = reach(this.#down, target.y, target.height);
    return { x, y, width: right - x, height: bottom - y };
  }

  /**
   * The output pixels of `target`, from `block`, the input pixels of `source` (at least what
   * `sourceRect` asks for). Straight alpha in and out; alpha weighs the colours.
   */
  run(block: PixelBlock, source: Rect, target: Rect): PixelBlock {
    const needed = this.sourceRect(target);
    invariant(
      source.x <= needed.x &&
        source.y <= needed.y &&
        source.x + source.width >= needed.x + needed.width &&
        source.y + source.height >= needed.y + needed.height,
      'The source does not hold what the target needs.',
    );
    invariant(block.width === source.width && block.height === source.height, 'A block of another size');
    if (this.#filter === 'nearest') return this.#pick(block, source, target);
    const channels = isOpaque(block) ? 3 : 4;
    const lines = this.#filterAcross(block, source, needed, target, channels);
    return this.#filterDown(lines, needed, target, channels, block);
  }

  #pick({ data }: PixelBlock, source: Rect, target: Rect): PixelBlock {
    const { width, height } = target;
    const picked = emptyLike(data, width * height * 4);
    for (let y = 0, to = 0; y < height; y++) {
      const row = (this.#down.starts[target.y + y] as number) - source.y;
      for (let x = 0; x < width; x++, to += 4) {
        const column = (this.#across.starts[target.x + x] as number) - source.x;
        const from = (row * source.width + column) * 4;
        picked[to] = data[from] as number;
        picked[to + 1] = data[from + 1] as number;
        picked[to + 2] = data[from + 2] as number;
        picked[to + 3] = data[from + 3] as number;
      }
    }
    return { width, height, data: picked };
  }

  /** Every needed source row, filtered to the target's columns: `channels` values a pixel, premultiplied. */
  #filterAcross(block: PixelBlock, source: Rect, needed: Rect, target: Rect, channels: 3 | 4): Float32Array {
    const values = this.#linear ? linearTable(mostOf(block) === 255 ? 8 : 16) : plainTable(mostOf(block));
    const line = new Float32Array(needed.width * channels);
    const lines = new Float32Array(needed.height * target.width * channels);
    for (let y = 0; y < needed.height; y++) {
      const from = ((needed.y - source.y + y) * source.width + needed.x - source.x) * 4;
      if (channels === 3) readOpaque(block.data, from, values, line);
      else readPremultiplied(block.data, from, values, line, 1 / mostOf(block));
      const to = y * target.width * channels;
      if (channels === 3) filter3(line, lines, to, this.#across, target.x, target.width, needed.x);
      else filter4(line, lines, to, this.#across, target.x, target.width, needed.x);
    }
    return lines;
  }

  #filterDown(
    lines: Float32Array,
    needed: Rect,
    target: Rect,
    channels: 3 | 4,
    { data }: PixelBlock,
  ): PixelBlock {
    const { width, height } = target;
    const { starts, counts, weights, stride } = this.#down;
    const result = emptyLike(data, width * height * 4);
    const length = width * channels;
    const sums = new Float64Array(length);
    for (let y = 0; y < height; y++) {
      const row = target.y + y;
      sums.fill(0);
      for (let k = 0; k < (counts[row] as number); k++) {
        const weight = weights[row * stride + k] as number;
        if (weight === 0) continue;
        const from = ((starts[row] as number) - needed.y + k) * length;
        for (let i = 0; i < length; i++) {
          sums[i] = (sums[i] as number) + weight * (lines[from + i] as number);
        }
      }
      if (channels === 4) unpremultiply(sums);
      if (this.#linear) encode(sums, channels);
      if (result instanceof Uint16Array) store16(sums, result, y * width * 4, channels);
      else store8(sums, result, y * width * 4, channels);
    }
    return { width, height, data: result };
  }
}

/** First source pixel, and the one after the last, of a run of output pixels (starts and ends never fall). */
function reach({ starts, counts }: Taps, from: number, length: number): [number, number] {
  const last = from + length - 1;
  return [starts[from] as number, (starts[last] as number) + (counts[last] as number)];
}

type Samples = PixelBlock['data'];

function emptyLike(data: Samples, length: number): Samples {
  return data instanceof Uint16Array ? new Uint16Array(length) : new Uint8ClampedArray(length);
}

const plainTables = new Map<number, Float32Array>();

/** Sample values as 0..1, in the same form as the table of linear light. */
function plainTable(most: number): Float32Array {
  let table = plainTables.get(most);
  if (!table) plainTables.set(most, (table = Float32Array.from({ length: most + 1 }, (_, i) => i / most)));
  return table;
}

function readOpaque(data: Samples, from: number, values: Float32Array, line: Float32Array): void {
  for (let i = 0; i < line.length; i += 3, from += 4) {
    line[i] = values[data[from] as number] as number;
    line[i + 1] = values[data[from + 1] as number] as number;
    line[i + 2] = values[data[from + 2] as number] as number;
  }
}

function readPremultiplied(
  data: Samples,
  from: number,
  values: Float32Array,
  line: Float32Array,
  unit: number,
): void {
  for (let i = 0; i < line.length; i += 4, from += 4) {
    const alpha = Math.max(trace, (data[from + 3] as number) * unit);
    line[i] = (values[data[from] as number] as number) * alpha;
    line[i + 1] = (values[data[from + 1] as number] as number) * alpha;
    line[i + 2] = (values[data[from + 2] as number] as number) * alpha;
    line[i + 3] = alpha;
  }
}

function filter3(
  line: Float32Array,
  out: Float32Array,
  to: number,
  { starts, counts, weights, stride }: Taps,
  first: number,
  count: number,
  left: number,
): void {
  for (let x = first; x < first + count; x++, to += 3) {
    let from = ((starts[x] as number) - left) * 3;
    let red = 0;
    let green = 0;
    let blue = 0;
    const end = x * stride + (counts[x] as number);
    for (let k = x * stride; k < end; k++, from += 3) {
      const weight = weights[k] as number;
      red += weight * (line[from] as number);
      green += weight * (line[from + 1] as number);
      blue += weight * (line[from + 2] as number);
    }
    out[to] = red;
    out[to + 1] = green;
    out[to + 2] = blue;
  }
}

function filter4(
  line: Float32Array,
  out: Float32Array,
  to: number,
  { starts, counts, weights, stride }: Taps,
  first: number,
  count: number,
  left: number,
): void {
  for (let x = first; x < first + count; x++, to += 4) {
    let from = ((starts[x] as number) - left) * 4;
    let red = 0;
    let green = 0;
    let blue = 0;
    let alpha = 0;
    const end = x * stride + (counts[x] as number);
    for (let k = x * stride; k < end; k++, from += 4) {
      const weight = weights[k] as number;
      red += weight * (line[from] as number);
      green += weight * (line[from + 1] as number);
      blue += weight * (line[from + 2] as number);
      alpha += weight * (line[from + 3] as number);
    }
    out[to] = red;
    out[to + 1] = green;
    out[to + 2] = blue;
    out[to + 3] = alpha;
  }
}

/**
 * Colours to straight ones, in place. Alpha that is 1 but for rounding counts as 1, so that an opaque
 * part of a picture comes out the same whether its block was opaque throughout or not.
 */
function unpremultiply(sums: Float64Array): void {
  for (let i = 0; i < sums.length; i += 4) {
    const alpha = sums[i + 3] as number;
    if (Math.abs(alpha - 1) < 1e-6) {
      sums[i + 3] = 1;
      continue;
    }
    // A filter with negative lobes can bring alpha to 0 or below: invisible, whatever the colour.
    const factor = Math.abs(alpha) > trace / 4 ? 1 / alpha : 0;
    sums[i] = (sums[i] as number) * factor;
    sums[i + 1] = (sums[i + 1] as number) * factor;
    sums[i + 2] = (sums[i + 2] as number) * factor;
  }
}

function encode(sums: Float64Array, channels: number): void {
  const stored = encoder();
  for (let i = 0; i < sums.length; i += channels) {
    sums[i] = stored(sums[i] as number);
    sums[i + 1] = stored(sums[i + 1] as number);
    sums[i + 2] = stored(sums[i + 2] as number);
  }
}

/** Storing into a Uint8ClampedArray clamps and rounds to nearest. */
function store8(sums: Float64Array, result: Uint8ClampedArray, to: number, channels: number): void {
  for (let i = 0; i < sums.length; i += channels, to += 4) {
    result[to] = (sums[i] as number) * 255;
    result[to + 1] = (sums[i + 1] as number) * 255;
    result[to + 2] = (sums[i + 2] as number) * 255;
    result[to + 3] = channels === 4 ? (sums[i + 3] as number) * 255 : 255;
  }
}

function store16(sums: Float64Array, result: Uint16Array, to: number, channels: number): void {
  for (let i = 0; i < sums.length; i += channels, to += 4) {
    for (let channel = 0; channel < 4; channel++) {
      const value = channel < channels ? (sums[i + channel] as number) : 1;
      result[to + channel] = Math.min(65535, Math.max(0, value * 65535)) + 0.5;
    }
  }
}
