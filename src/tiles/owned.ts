/**
 * Which part of a network's inner map each tile speaks for, where a mean over the whole picture is put together from
 * its tiles: every place of the map belongs to exactly one tile, and to one that sees it as the whole picture does.
 */

import { at } from '../base/assert.ts';
import type { Size } from '../picture/geometry.ts';
import type { TilePlan } from './plan.ts';

/** A map with `rate` times the picture's length and `extra` places along each axis. */
export interface MapSize {
  readonly rate: number;
  readonly extra: number;
}

export interface OwnedPart {
  /** Row and column of the tile's own map from which, and before which, its part lies. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  /** Of all the map's places: the shares of a plan sum to 1. */
  readonly share: number;
}

/**
 * One part a tile, in the plan's order. `filled` is the size that the network runs for the whole picture
 * (`padPlanes`); `multiple` is the tile rules', of which rates make whole places.
 */
export function ownedParts(
  plan: TilePlan,
  filled: Size,
  multiple: number,
  { rate, extra }: MapSize,
): OwnedPart[] {
  const axis = (tiles: readonly Place[], length: number): Part[] => {
    const all = length * rate + extra;
    // Neighbours meet in the middle of the rim that they share.
    const cuts = tiles.map(({ start, before }) => {
      const middle = Math.floor((start + before / 2) / multiple) * multiple;
      return middle * rate + Math.floor(extra / 2);
    });
    return tiles.map(({ read }, index) => {
      const first = index === 0 ? 0 : at(cuts, index);
      const end = index === tiles.length - 1 ? all : at(cuts, index + 1);
      return { from: first - read * rate, to: end - read * rate, share: (end - first) / all };
    });
  };
  const across = plan.tiles.filter(({ row }) => row === 0);
  const down = plan.tiles.filter(({ column }) => column === 0);
  const columns = axis(
    across.map(({ read, write, overlap }) => ({ read: read.x, start: write.x, before: overlap.left })),
    filled.width,
  );
  const rows = axis(
    down.map(({ read, write, overlap }) => ({ read: read.y, start: write.y, before: overlap.top })),
    filled.height,
  );
  return plan.tiles.map((tile) => {
    const [row, column] = [at(rows, tile.row), at(columns, tile.column)];
    return { from: [row.from, column.from], to: [row.to, column.to], share: row.share * column.share };
  });
}

/**
 * What `piece`, a part of a smaller tile's map, has of `part`, a part of the larger tile's in which the smaller map begins at
 * `offset` (row, column): in the smaller one's places. Null where they have nothing in common.
 */
export function intersectParts(
  piece: Pick<OwnedPart, 'from' | 'to'>,
  part: Pick<OwnedPart, 'from' | 'to'>,
  offset: readonly [number, number],
): Pick<OwnedPart, 'from' | 'to'> | null {
  const along = (axis: 0 | 1): [number, number] => [
    Math.max(piece.from[axis], part.from[axis] - offset[axis]),
    Math.min(piece.to[axis], part.to[axis] - offset[axis]),
  ];
  const [top, bottom] = along(0);
  const [left, right] = along(1);
  return top < bottom && left < right ? { from: [top, left], to: [bottom, right] } : null;
}

/** A tile along one axis: where it reads and writes from, and how wide the rim before it is. */
interface Place {
  readonly read: number;
  readonly start: number;
  readonly before: number;
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}
