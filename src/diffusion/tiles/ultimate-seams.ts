/** The second part of Ultimate SD Upscale: what is redrawn along the borders of its tiles. */

import type { Size } from '../../picture/geometry.ts';
import { evenStarts } from './grid.ts';
import type { Profile } from './ultimate-mask.ts';
import type { JobArea, UltimateOptions } from './ultimate-options.ts';

interface Count {
  readonly columns: number;
  readonly rows: number;
}

const flat: Profile = { kind: 'flat' };
const triangle: Profile = { kind: 'triangle' };

/**
 * Bands: one for every border between columns, then one between rows. Half tiles: one on every border between rows, of each column, then on
 * those between columns, of each row; with intersections one more on every corner of four tiles.
 * `redraw` is the size that tiles are processed at.
 */
export function seamAreas(picture: Size, count: Count, redraw: Size, options: UltimateOptions): JobArea[] {
  switch (options.seamFix) {
    case 'none':
      return [];
    case 'band':
      return bands(picture, count, redraw, options);
    case 'half-tile':
      return halfTiles(count, options);
    case 'half-tile-intersections':
      return [...halfTiles(count, options), ...intersections(count, options)];
  }
}

function halfTiles({ columns, rows }: Count, options: UltimateOptions): JobArea[] {
  const { tile } = options;
  const areas: JobArea[] = [];
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns; column++) {
      areas.push(shifted(column, row, 0, Math.floor(tile.height / 2), options));
    }
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns - 1; column++) {
      areas.push(shifted(column, row, Math.floor(tile.width / 2), 0, options));
    }
  }
  return areas;
}

/** A tile moved by `right` or `down`, strongest on the border that it then has in its middle. */
function shifted(
  column: number,
  row: number,
  right: number,
  down: number,
  options: UltimateOptions,
): JobArea {
  const { tile, seamMaskBlur, seamPadding } = options;
  const shape = {
    kind: 'lines',
    x: right > 0 ? triangle : flat,
    y: down > 0 ? triangle : flat,
  } as const;
  const box = { x: column * tile.width + right, y: row * tile.height + down, ...tile };
  return {
    pass: 'half-tile',
    mask: { shape, box, blur: seamMaskBlur },
    padding: seamPadding,
    size: seamSize(options),
  };
}

function intersections({ columns, rows }: Count, options: UltimateOptions): JobArea[] {
  const { tile, seamMaskBlur } = options;
  const areas: JobArea[] = [];
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const x = column * tile.width + Math.floor(tile.width / 2);
      const y = row * tile.height + Math.floor(tile.height / 2);
      const mask = { shape: { kind: 'radial' }, box: { x, y, ...tile }, blur: seamMaskBlur } as const;
      areas.push({ pass: 'intersection', mask, padding: 0, size: seamSize(options) });
    }
  }
  return areas;
}

/** Unlike the redraw's, without a padding. */
function seamSize({ tile, multiple }: UltimateOptions): Size {
  return { width: ceilTo(tile.width, multiple), height: ceilTo(tile.height, multiple) };
}

/**
 * The original redraws each band in one piece, as long as the picture. A graph of fixed shapes cannot: here a band that is longer than
 * a processed tile is cut into jobs of one length, each of which begins with a ramp over what it shares with the one before.
 */
function bands(picture: Size, { columns, rows }: Count, redraw: Size, options: UltimateOptions): JobArea[] {
  const { tile, seamWidth, seamPadding, multiple } = options;
  if (seamWidth === 0) return [];
  const thick = ceilTo(seamWidth + 2 * seamPadding, multiple);
  const areas: JobArea[] = [];
  const high = piecesOf(picture.height, redraw.height, options);
  for (let column = 1; column < columns; column++) {
    const x = column * tile.width - Math.floor(seamWidth / 2);
    for (const { from, length, profile } of high.pieces) {
      const box = { x, y: from, width: seamWidth, height: length };
      areas.push({
        pass: 'band',
        mask: { shape: { kind: 'lines', x: triangle, y: profile }, box, blur: 0 },
        padding: seamPadding,
        size: { width: thick, height: high.processed },
      });
    }
  }
  const wide = piecesOf(picture.width, redraw.width, options);
  for (let row = 1; row < rows; row++) {
    const y = row * tile.height - Math.floor(seamWidth / 2);
    for (const { from, length, profile } of wide.pieces) {
      const box = { x: from, y, width: length, height: seamWidth };
      areas.push({
        pass: 'band',
        mask: { shape: { kind: 'lines', x: profile, y: triangle }, box, blur: 0 },
        padding: seamPadding,
        size: { width: wide.processed, height: thick },
      });
    }
  }
  return areas;
}

interface Pieces {
  readonly processed: number;
  readonly pieces: readonly { readonly from: number; readonly length: number; readonly profile: Profile }[];
}

/** A band along `side` pixels, in pieces that with their padding are at most `longest`. */
function piecesOf(
  side: number,
  longest: number,
  { seamWidth, seamPadding, multiple }: UltimateOptions,
): Pieces {
  if (side <= longest) {
    return { processed: ceilTo(side, multiple), pieces: [{ from: 0, length: side, profile: flat }] };
  }
  // Where the padding would leave next to nothing, pieces are half of what is processed.
  const length = Math.max(Math.ceil(longest / 2), longest - 2 * seamPadding);
  const shared = Math.min(seamWidth, Math.floor(length / 2));
  const pieces = evenStarts(side, length, shared).map((from, i) => ({
    from,
    length,
    profile: i === 0 ? flat : ({ kind: 'ramp', length: shared } as const),
  }));
  return { processed: longest, pieces };
}

function ceilTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
