/**
 * Tiles of one shape, spread evenly over a map so that every tile has its full size: the grid of AUTOMATIC1111's
 * SD upscale, which its successors for latent maps share. What is smaller than a tile is padded first.
 */

import { invariant } from '../../base/assert.ts';
import type { Rect, Size } from '../../picture/geometry.ts';

export interface GridTile {
  /** Position in row-major order. */
  readonly index: number;
  readonly column: number;
  readonly row: number;
  readonly rect: Rect;
}

export interface EvenGrid {
  /** Of the map, which is at least one tile large. */
  readonly size: Size;
  readonly tile: Size;
  /** Where the tiles of each column begin, and of each row. */
  readonly columns: readonly number[];
  readonly rows: readonly number[];
  /** The least that neighbours share. */
  readonly overlap: number;
  /** Row by row, each from the left. */
  readonly tiles: readonly GridTile[];
}

/**
 * Where tiles of `tile` places begin along an axis of `length`, so that neighbours share at least `overlap`: as few as
 * can be, the first at 0, the last at the end, the others between them at whole parts of equal steps. An axis shorter
 * than a tile has one, at 0, which reaches beyond it.
 */
export function evenStarts(length: number, tile: number, overlap: number): number[] {
  invariant(Number.isInteger(length) && length > 0, `A side of ${length}`);
  invariant(
    Number.isInteger(tile) && Number.isInteger(overlap) && overlap >= 0 && overlap < tile,
    `Tiles of ${tile} that overlap by ${overlap}`,
  );
  const count = Math.max(1, Math.ceil((length - overlap) / (tile - overlap)));
  if (count === 1) return [0];
  const step = (length - tile) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? length - tile : Math.floor(i * step)));
}

/** The grid over a map of `size`, made as large as one tile where it is smaller (`EvenGrid.size` tells). */
export function evenGrid(size: Size, tile: Size, overlap: number): EvenGrid {
  const columns = evenStarts(size.width, tile.width, overlap);
  const rows = evenStarts(size.height, tile.height, overlap);
  return {
    size: { width: Math.max(size.width, tile.width), height: Math.max(size.height, tile.height) },
    tile: { width: tile.width, height: tile.height },
    columns,
    rows,
    overlap,
    tiles: rows.flatMap((y, row) =>
      columns.map((x, column) => ({
        index: row * columns.length + column,
        column,
        row,
        rect: { x, y, width: tile.width, height: tile.height },
      })),
    ),
  };
}
