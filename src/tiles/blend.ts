/**
 * Joins the tiles of a plan as they come, row by row: discards their context, and mixes neighbours over
 * the shared rims with weights that sum to one. A rim is kept back until its other tile is there, so only
 * one tile's right strip and one tile row's bottom rims wait in memory.
 */

import { invariant } from '../base/assert.ts';
import type { Rect } from '../picture/geometry.ts';
import type { Tile, TilePlan } from './plan.ts';

type Planes = Float32Array<ArrayBuffer>;

export class Blender {
  readonly #plan: TilePlan;
  readonly #scale: number;
  readonly #channels: number;
  /** Weight of the right or lower tile over a rim; the other tile has the rest. */
  readonly #ramp: Float64Array;
  /** The last tile's right rim, as the network gave it: channel, row, column. */
  readonly #strip: Planes;
  /** Bottom rims of the tile row, mixed from left to right already: channel, row, column of the picture. */
  readonly #band: Planes;

  /** `pending` goes on with the rims of an interrupted run of the same plan (they are taken over). */
  constructor(plan: TilePlan, scale: number, channels: number, pending?: readonly Planes[]) {
    invariant(Number.isInteger(scale) && scale > 0, `A network of scale ${scale}`);
    const rim = plan.tiles.reduce((most, { overlap }) => Math.max(most, overlap.right, overlap.bottom), 0);
    const tallest = plan.tiles.reduce((most, { write }) => Math.max(most, write.height), 0);
    const stripLength = plan.columns > 1 ? channels * tallest * scale * rim * scale : 0;
    const bandLength = plan.rows > 1 ? channels * rim * scale * plan.size.width * scale : 0;
    const [strip, band] = pending ?? [];
    invariant((strip?.length ?? stripLength) === stripLength, 'A pending strip of another plan');
    invariant((band?.length ?? bandLength) === bandLength, 'A pending band of another plan');
    this.#plan = plan;
    this.#scale = scale;
    this.#channels = channels;
    this.#ramp = smoothRamp(rim * scale);
    this.#strip = strip ?? new Float32Array(stripLength);
    this.#band = band ?? new Float32Array(bandLength);
  }

  /**
   * Takes the network's result for a tile's whole read rectangle (`channels` planes of `read` times
   * `scale`), in the plan's order, and returns what is finished with it: a rectangle in output pixels
   * and its planes. The rectangles of a run cover the output exactly once. Where nothing is cut off
   * or mixed the planes are returned as they came.
   */
  add(tile: Tile, planes: Float32Array): { rect: Rect; planes: Planes } {
    const frame = this.#frame(tile);
    const { keep, stride, plane } = frame;
    invariant(
      planes.length === this.#channels * plane,
      `${planes.length} values instead of ${this.#channels * plane} for tile ${tile.index}`,
    );
    const rect = { x: tile.write.x * this.#scale, y: tile.write.y * this.#scale, ...keep };
    if (keep.width * keep.height === plane && ownsBuffer(planes)) return { rect, planes };

    const out = new Float32Array(this.#channels * keep.width * keep.height);
    const joined = frame.left > 0 ? new Float32Array(keep.width) : null;
    for (let channel = 0; channel < this.#channels; channel++) {
      for (let y = 0; y < frame.height; y++) {
        const from = channel * plane + (frame.y + y) * stride + frame.x;
        let row = planes.subarray(from, from + keep.width);
        if (joined) {
          joined.set(row);
          this.#mixLeft(joined, channel, y, frame.left);
          row = joined;
        }
        if (y < keep.height) {
          const to = (channel * keep.height + y) * keep.width;
          if (y < frame.top) this.#mixTop(row, out, to, channel, y, rect.x);
          else out.set(row, to);
        } else {
          this.#band.set(row, this.#bandAt(channel, y - keep.height, rect.x));
        }
      }
    }
    this.#keepRight(planes, frame);
    return { rect, planes: out };
  }

  /** Copies of the rims that wait for their neighbours, for a checkpoint. */
  pending(): Planes[] {
    return [this.#strip.slice(), this.#band.slice()];
  }

  /** The tile in output pixels: where its write begins in its planes, its rims, and what can be finished. */
  #frame({ read, write, overlap }: Tile): Frame {
    const scale = this.#scale;
    return {
      x: (write.x - read.x) * scale,
      y: (write.y - read.y) * scale,
      height: write.height * scale,
      left: overlap.left * scale,
      right: overlap.right * scale,
      top: overlap.top * scale,
      keep: {
        width: (write.width - overlap.right) * scale,
        height: (write.height - overlap.bottom) * scale,
      },
      stride: read.width * scale,
      plane: read.width * scale * read.height * scale,
    };
  }

  /** Mixes the left tile's waiting strip into the start of a row. `a + (b - a) w` keeps flat colours exact. */
  #mixLeft(row: Planes, channel: number, y: number, width: number): void {
    const from = this.#stripAt(channel, y);
    for (let x = 0; x < width; x++) {
      const before = this.#strip[from + x] as number;
      row[x] = before + ((row[x] as number) - before) * (this.#ramp[x] as number);
    }
  }

  /** Mixes the upper row's waiting rims with a row, into `out` at `to`. */
  #mixTop(row: Float32Array, out: Planes, to: number, channel: number, y: number, left: number): void {
    const from = this.#bandAt(channel, y, left);
    const weight = this.#ramp[y] as number;
    for (let x = 0; x < row.length; x++) {
      const above = this.#band[from + x] as number;
      out[to + x] = above + ((row[x] as number) - above) * weight;
    }
  }

  /** Keeps the right rim back until the next tile. */
  #keepRight(planes: Float32Array, { x, y, height, right, keep, stride, plane }: Frame): void {
    if (right === 0) return;
    for (let channel = 0; channel < this.#channels; channel++) {
      for (let row = 0; row < height; row++) {
        const from = channel * plane + (y + row) * stride + x + keep.width;
        this.#strip.set(planes.subarray(from, from + right), this.#stripAt(channel, row));
      }
    }
  }

  #stripAt(channel: number, row: number): number {
    const width = this.#ramp.length;
    return (channel * (this.#strip.length / this.#channels / width) + row) * width;
  }

  #bandAt(channel: number, row: number, column: number): number {
    return (channel * this.#ramp.length + row) * this.#plan.size.width * this.#scale + column;
  }
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly keep: { readonly width: number; readonly height: number };
  readonly stride: number;
  readonly plane: number;
}

/** Half a cosine, sampled in the middle of each output pixel: no kink where a rim begins or ends. */
function smoothRamp(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => (1 - Math.cos((Math.PI * (i + 0.5)) / length)) / 2);
}

function ownsBuffer(planes: Float32Array): planes is Planes {
  return planes.buffer instanceof ArrayBuffer;
}
