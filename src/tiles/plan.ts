/**
 * Where a picture is cut for a network. Along each axis all tiles read the same length, fitted to the
 * picture; the first and the last abut its edges, so nothing is invented beyond them; between
 * neighbours the reads overlap by two contexts and a blended rim, or a little more.
 *
 * With a `multiple` above 1 the reads begin at multiples of it, so that a network's windows lie where they
 * lie in the whole picture, and the last read may be shorter: whoever runs it repeats the picture there, as
 * for the whole picture (`padPlanes`).
 */

import { at, invariant } from '../base/assert.ts';
import type { Rect, Size } from '../picture/geometry.ts';
import type { TileRules } from './rules.ts';

/** One run of the network; all lengths are input pixels. */
export interface Tile {
  /** Position in row-major order. */
  readonly index: number;
  readonly column: number;
  readonly row: number;
  /** What the network sees. */
  readonly read: Rect;
  /** What is kept of its result: `read` less the context. Neighbours' writes overlap by the rim. */
  readonly write: Rect;
  /** Widths of the blended rims shared with each neighbour; 0 at the picture's edges. */
  readonly overlap: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
}

export interface TilePlan {
  /** The picture's. */
  readonly size: Size;
  /** What the network runs: every read rectangle, filled up to a multiple where it is shorter. */
  readonly tile: Size;
  readonly columns: number;
  readonly rows: number;
  /** Row by row, each from the left. */
  readonly tiles: readonly Tile[];
}

/**
 * Plans the tiles of a picture of `size`. `tile` is the largest read rectangle wanted (raised to the
 * smallest that the rules allow); the tiles are as small as that number of them can be.
 *
 * A picture that fits one tile runs at its own size. Reads never hang over the picture. Of a network of one fixed
 * shape every tile has that shape, whatever is wanted, and what is missing at the right and bottom is filled.
 */
export function planTiles(size: Size, tile: Size, rules: TileRules): TilePlan {
  const across = planAxis(size.width, tile.width, rules, rules.fixed?.width);
  const down = planAxis(size.height, tile.height, rules, rules.fixed?.height);
  const tiles: Tile[] = [];
  for (const [row, y] of down.spans.entries()) {
    for (const [column, x] of across.spans.entries()) {
      tiles.push({
        index: tiles.length,
        column,
        row,
        read: {
          x: x.read,
          y: y.read,
          width: Math.min(across.length, size.width - x.read),
          height: Math.min(down.length, size.height - y.read),
        },
        write: { x: x.from, y: y.from, width: x.to - x.from, height: y.to - y.from },
        overlap: { left: x.before, right: x.after, top: y.before, bottom: y.after },
      });
    }
  }
  return {
    size: { width: size.width, height: size.height },
    tile: { width: across.length, height: down.length },
    columns: across.spans.length,
    rows: down.spans.length,
    tiles,
  };
}

/** The shortest read that still leaves an inner tile room for its two contexts and two whole rims. */
export function minimumLength({ context, blend, multiple }: TileRules): number {
  return ceilTo(2 * context + 3 * blend + Math.max(2, 3 * (multiple - 1)) + 1, multiple);
}

/**
 * Number and run length of the tiles along an axis of `length`, when none may be longer than `wanted`; with `fixed`
 * that is the run length, and must be at least `minimumLength`.
 */
export function fitAxis(
  length: number,
  wanted: number,
  rules: TileRules,
  fixed?: number,
): { count: number; length: number } {
  const { context, blend, multiple } = rules;
  invariant(Number.isInteger(length) && length > 0, `A picture side of ${length} pixels`);
  invariant(multiple >= 1 && context >= 0 && blend >= 0, 'Tile rules below their least values');
  if (fixed !== undefined) {
    invariant(
      fixed >= minimumLength(rules) && fixed % multiple === 0,
      `Tile rules beyond a side of ${fixed}`,
    );
    if (length <= fixed) return { count: 1, length: fixed };
    const step = floorTo(fixed - 2 * context - blend, multiple);
    return { count: 1 + Math.ceil((length - fixed) / step), length: fixed };
  }
  const most = Math.max(minimumLength(rules), floorTo(Math.floor(wanted), multiple)) / multiple;
  const whole = Math.ceil(length / multiple);
  if (whole <= most) return { count: 1, length: whole * multiple };
  const shared = Math.ceil((2 * context + blend) / multiple);
  const count = Math.ceil((whole - shared) / (most - shared));
  return { count, length: (Math.ceil((whole - shared) / count) + shared) * multiple };
}

/** One tile along one axis; the rims lie at [from, from + before) and [to - after, to). */
interface Span {
  readonly read: number;
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly after: number;
}

function planAxis(
  length: number,
  wanted: number,
  rules: TileRules,
  fixed: number | undefined,
): { length: number; spans: Span[] } {
  const { count, length: read } = fitAxis(length, wanted, rules, fixed);
  if (count === 1) {
    return { length: read, spans: [{ read: 0, from: 0, to: length, before: 0, after: 0 }] };
  }
  const { multiple } = rules;
  const steps = (ceilTo(length, multiple) - read) / multiple;
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * steps) / (count - 1)) * multiple);
  // Where rim i begins, between tiles i - 1 and i: in the middle of what both read.
  const rims = starts.map((start, i) => {
    if (i === 0) return 0;
    const overlap = at(starts, i - 1) + read - start;
    return start + Math.floor((overlap - rules.blend) / 2);
  });
  const spans = starts.map((start, i): Span => {
    const last = i === count - 1;
    return {
      read: start,
      from: at(rims, i),
      to: last ? length : at(rims, i + 1) + rules.blend,
      before: i === 0 ? 0 : rules.blend,
      after: last ? 0 : rules.blend,
    };
  });
  return { length: read, spans };
}

function ceilTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function floorTo(value: number, multiple: number): number {
  return Math.floor(value / multiple) * multiple;
}
