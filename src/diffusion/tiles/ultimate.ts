/**
 * Ultimate SD Upscale as a list of jobs, one after another on the same picture: every job redraws what its mask shows of its
 * crop and sees what the jobs before it made. The redraw of plain tiles comes first, the mending of their seams after it.
 */

import { invariant } from '../../base/assert.ts';
import type { Rect, Size } from '../../picture/geometry.ts';
import { maskBox, type JobMask } from './ultimate-mask.ts';
import { ultimateDefaults, type JobArea, type UltimateOptions } from './ultimate-options.ts';
import { seamAreas } from './ultimate-seams.ts';

export interface UltimateJob {
  readonly pass: JobArea['pass'];
  readonly mask: JobMask;
  /**
   * What is cut out of the picture, resized to `size`, redrawn, resized back and pasted through the mask. It may hang over
   * the picture where that is narrower than the shape asks for; there the edges are repeated (`readPadded`).
   */
  readonly crop: Rect;
  /** What the network runs. */
  readonly size: Size;
  /** Denoising strength, 0 to 1. */
  readonly denoise: number;
}

export interface UltimatePlan {
  readonly picture: Size;
  readonly jobs: readonly UltimateJob[];
  /** The different sizes of the jobs: a graph of fixed shapes is needed for each. */
  readonly shapes: readonly Size[];
}

/** The jobs for a picture of any size; the redraw has strength `denoise`, seams have their own. At none there is no job. */
export function planUltimate(
  picture: Size,
  denoise: number,
  options: UltimateOptions = ultimateDefaults,
): UltimatePlan {
  const { tile } = options;
  invariant(tile.width > 0 && tile.height > 0 && options.multiple > 0, 'Tiles without pixels');
  const count = {
    columns: Math.ceil(picture.width / tile.width),
    rows: Math.ceil(picture.height / tile.height),
  };
  const finish = (area: JobArea, strength: number): UltimateJob => ({
    pass: area.pass,
    mask: area.mask,
    crop: cropFor(maskBox(area.mask, picture), area.padding, area.size, picture),
    size: area.size,
    denoise: strength,
  });
  const jobs = [
    ...redrawAreas(count, options).map((area) => finish(area, denoise)),
    ...seamAreas(picture, count, redrawSize(options), options).map((area) =>
      finish(area, options.seamDenoise),
    ),
  ].filter((job) => job.denoise > 0);
  const shapes = new Map(jobs.map(({ size }) => [`${size.width} ${size.height}`, size]));
  return { picture: { width: picture.width, height: picture.height }, jobs, shapes: [...shapes.values()] };
}

/** What the network runs for a tile of the redraw: the tile and one padding, rounded up. */
function redrawSize({ tile, padding, multiple }: UltimateOptions): Size {
  const side = (length: number): number => Math.ceil((length + padding) / multiple) * multiple;
  return { width: side(tile.width), height: side(tile.height) };
}

/** Plain tiles side by side. Chess: those whose column and row sum to an even number, then the others between them. */
function redrawAreas(count: { columns: number; rows: number }, options: UltimateOptions): JobArea[] {
  const { order, tile, maskBlur, padding } = options;
  if (order === 'none') return [];
  const size = redrawSize(options);
  const areas: JobArea[] = [];
  for (const colour of order === 'chess' ? [0, 1] : [null]) {
    for (let row = 0; row < count.rows; row++) {
      for (let column = 0; column < count.columns; column++) {
        if (colour !== null && (row + column) % 2 !== colour) continue;
        const box = { x: column * tile.width, y: row * tile.height, ...tile };
        const shape = { kind: 'lines', x: { kind: 'flat' }, y: { kind: 'flat' } } as const;
        areas.push({ pass: 'redraw', mask: { shape, box, blur: maskBlur }, padding, size });
      }
    }
  }
  return areas;
}

/**
 * AUTOMATIC1111's crop of an inpainted part: the mask's box and `padding` on every side that the picture has, made wider or
 * higher to the proportions of `size`, moved into the picture; hanging over both its sides alike where it is too small.
 */
export function cropFor(box: Rect, padding: number, size: Size, picture: Size): Rect {
  const x = clipped(box.x - padding, box.x + box.width + padding, picture.width);
  const y = clipped(box.y - padding, box.y + box.height + padding, picture.height);
  const wide = x.length * size.height > y.length * size.width;
  const across = wide ? x : widened(x, Math.floor((y.length * size.width) / size.height), picture.width);
  const down = wide ? widened(y, Math.floor((x.length * size.height) / size.width), picture.height) : y;
  return { x: across.from, y: down.from, width: across.length, height: down.length };
}

interface Span {
  readonly from: number;
  readonly length: number;
}

function clipped(from: number, to: number, side: number): Span {
  const start = Math.max(0, from);
  return { from: start, length: Math.min(side, to) - start };
}

function widened({ from, length }: Span, wanted: number, side: number): Span {
  if (wanted <= length) return { from, length };
  if (wanted >= side) return { from: -Math.floor((wanted - side) / 2), length: wanted };
  const start = from - Math.floor((wanted - length) / 2);
  return { from: Math.min(side - wanted, Math.max(0, start)), length: wanted };
}
