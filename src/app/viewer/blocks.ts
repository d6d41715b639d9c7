/** How a large canvas is cut into square blocks that overlap a little. Pure. */

import type { Rect, Size } from '../../picture/geometry.ts';

export const blockSide = 1024;
/** Pixels of the neighbours that a block holds too. */
export const overlap = 2;

/** A block on one axis: its own pixels, and all that it holds. */
export interface BlockSpan {
  readonly own: number;
  readonly ownEnd: number;
  readonly from: number;
  readonly to: number;
}

export function spanOf(index: number, length: number): BlockSpan {
  const own = index * blockSide;
  const ownEnd = Math.min(own + blockSide, length);
  return { own, ownEnd, from: Math.max(0, own - overlap), to: Math.min(length, ownEnd + overlap) };
}

/** Column and row of every block that holds a pixel of `rect`. */
export function blocksIn(rect: Rect, { width, height }: Size): (readonly [number, number])[] {
  const columns = indexes(rect.x, rect.x + rect.width, width);
  const rows = indexes(rect.y, rect.y + rect.height, height);
  return rows.flatMap((row) => columns.map((column) => [column, row] as const));
}

function indexes(from: number, to: number, length: number): number[] {
  const last = Math.ceil(length / blockSide) - 1;
  const first = Math.max(0, Math.floor((from - overlap) / blockSide));
  const end = Math.min(last, Math.ceil((to + overlap) / blockSide) - 1);
  return end < first ? [] : Array.from({ length: end - first + 1 }, (_, index) => first + index);
}
