/**
 * Lays tiles over one another as AUTOMATIC1111's SD upscale does, sample for sample: over the first `overlap` pixels of a
 * tile a straight ramp leads from what is there to the tile, first along each row of tiles, then from row to row. What waits for a
 * neighbour is one tile's strip and one band of `overlap` lines, so a picture of any size is joined in a pixel store.
 */

import { at, invariant } from '../../base/assert.ts';
import type { Rect } from '../../picture/geometry.ts';
import type { Depth, PixelBlock } from '../../picture/pixel-store.ts';
import type { GridTile } from './grid.ts';
import type { SdUpscalePlan } from './sd-upscale.ts';

type Samples = PixelBlock['data'];

/** One run over a plan's tiles, in their order; samples are RGBA of one depth. */
export class RampJoiner {
  readonly #plan: SdUpscalePlan;
  readonly #depth: Depth;
  /** How much of 255 the later tile has. */
  readonly #ramp: Int32Array;
  /** Where the row of tiles reaches beyond the next column's start: `overlap` pixels of each line. */
  readonly #strip: Samples;
  /** The same of the rows: `overlap` lines of the whole width. */
  readonly #band: Samples;

  /** `pending` goes on with what an interrupted run of the same plan kept back (it is taken over). */
  constructor(plan: SdUpscalePlan, depth: Depth, pending?: readonly Samples[]) {
    const { overlap, tile, size, columns, rows } = plan.grid;
    const stripLength = columns.length > 1 ? overlap * tile.height * 4 : 0;
    const bandLength = rows.length > 1 ? overlap * size.width * 4 : 0;
    const [strip, band] = pending ?? [];
    this.#plan = plan;
    this.#depth = depth;
    this.#ramp = Int32Array.from({ length: overlap }, (_, i) => Math.floor((i * 255) / overlap));
    this.#strip = strip ?? samples(stripLength, depth);
    this.#band = band ?? samples(bandLength, depth);
    invariant(
      this.#strip.length === stripLength && this.#band.length === bandLength,
      'Pending pixels of another plan',
    );
  }

  /**
   * Takes a redrawn tile, in the plan's order, and returns what is finished with it: a rectangle of the picture and its pixels.
   * The rectangles of a run cover the picture exactly once; what a padded grid has beyond the picture is left out.
   */
  add(tile: GridTile, block: PixelBlock): { rect: Rect; block: PixelBlock } {
    const { grid, picture } = this.#plan;
    const { x, y, width, height } = tile.rect;
    invariant(block.width === width && block.height === height, `A tile of ${block.width} x ${block.height}`);
    invariant(block.data.BYTES_PER_ELEMENT === this.#depth / 8, 'A tile of another depth');
    const data = block.data.slice();
    const lastColumn = tile.column === grid.columns.length - 1;
    const lastRow = tile.row === grid.rows.length - 1;
    const right = lastColumn ? width : at(grid.columns, tile.column + 1) - x;
    const bottom = lastRow ? height : at(grid.rows, tile.row + 1) - y;

    if (tile.column > 0) this.#mixStrip(data, width, height);
    if (!lastColumn) this.#keepStrip(data, width, height, right);
    if (tile.row > 0) this.#mixBand(data, x, width, right);
    if (!lastRow) this.#keepBand(data, x, width, right, bottom);

    const rect = {
      x,
      y,
      width: Math.min(right, picture.width - x),
      height: Math.min(bottom, picture.height - y),
    };
    return { rect, block: this.#part(data, width, rect.width, rect.height) };
  }

  /** Copies of what waits for its neighbours, for a checkpoint. */
  pending(): Samples[] {
    return [this.#strip.slice(), this.#band.slice()];
  }

  #mixStrip(data: Samples, width: number, height: number): void {
    const overlap = this.#ramp.length;
    for (let row = 0, from = 0; row < height; row++) {
      let to = row * width * 4;
      for (let column = 0; column < overlap; column++) {
        const share = this.#ramp[column] as number;
        for (let sample = 0; sample < 4; sample++, from++, to++) {
          data[to] = mixed(this.#strip[from] as number, data[to] as number, share);
        }
      }
    }
  }

  #keepStrip(data: Samples, width: number, height: number, right: number): void {
    const length = this.#ramp.length * 4;
    for (let row = 0; row < height; row++) {
      const from = (row * width + right) * 4;
      this.#strip.set(data.subarray(from, from + length), row * length);
    }
  }

  #mixBand(data: Samples, x: number, width: number, right: number): void {
    const stride = this.#plan.grid.size.width;
    for (const [row, share] of this.#ramp.entries()) {
      let from = (row * stride + x) * 4;
      let to = row * width * 4;
      for (let left = right * 4; left > 0; left--, from++, to++) {
        data[to] = mixed(this.#band[from] as number, data[to] as number, share);
      }
    }
  }

  #keepBand(data: Samples, x: number, width: number, right: number, bottom: number): void {
    const stride = this.#plan.grid.size.width;
    for (let row = 0; row < this.#ramp.length; row++) {
      const from = (bottom + row) * width * 4;
      this.#band.set(data.subarray(from, from + right * 4), (row * stride + x) * 4);
    }
  }

  #part(data: Samples, stride: number, width: number, height: number): PixelBlock {
    if (width === stride) return { width, height, data: data.slice(0, width * height * 4) };
    const part = samples(width * height * 4, this.#depth);
    for (let row = 0; row < height; row++) {
      const from = row * stride * 4;
      part.set(data.subarray(from, from + width * 4), row * width * 4);
    }
    return { width, height, data: part };
  }
}

function samples(length: number, depth: Depth): Samples {
  return depth === 8 ? new Uint8ClampedArray(length) : new Uint16Array(length);
}

/** To the nearest level; 255 being odd, no value lies half way between two. */
function mixed(before: number, after: number, share: number): number {
  return Math.floor((before * (255 - share) + after * share) / 255 + 0.5);
}
