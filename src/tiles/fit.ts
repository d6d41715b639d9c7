/** How large tiles should be: as little computed twice as the allowed number of pixels permits. */

import { area, type Size } from '../picture/geometry.ts';
import { fitAxis, minimumLength } from './plan.ts';
import type { TileRules } from './rules.ts';

/**
 * The read shape with at most `maxPixels` pixels with which the least is computed for a picture of
 * `size`; of equals the one with fewer tiles. When even the smallest shape has more pixels than that,
 * the smallest. `planTiles` with the result gives tiles of exactly this shape.
 */
export function fitTile(size: Size, rules: TileRules, maxPixels: number): Size {
  if (rules.fixed) return { ...rules.fixed };
  let best: { tile: Size; total: number; count: number } | null = null;
  for (const across of lengths(size.width, rules)) {
    const down = fitAxis(size.height, Math.floor(maxPixels / across.length), rules);
    const tile = { width: across.length, height: down.length };
    if (area(tile) > maxPixels) continue;
    const count = across.count * down.count;
    const total = count * area(tile);
    if (!best || total < best.total || (total === best.total && count < best.count)) {
      best = { tile, total, count };
    }
  }
  if (best) return best.tile;
  const { width, height } = minimumTile(rules);
  return {
    width: fitAxis(size.width, width, rules).length,
    height: fitAxis(size.height, height, rules).length,
  };
}

/** The smallest read shape of pictures that need more than one tile. */
export function minimumTile(rules: TileRules): Size {
  if (rules.fixed) return { ...rules.fixed };
  const side = minimumLength(rules);
  return { width: side, height: side };
}

/** A tile of about half the memory: the longer side halved. Null when it cannot be made smaller. */
export function halve(tile: Size, rules: TileRules): Size | null {
  if (rules.fixed) return null;
  const least = minimumLength(rules);
  const half = (side: number): number =>
    Math.max(least, Math.ceil(side / 2 / rules.multiple) * rules.multiple);
  if (Math.max(tile.width, tile.height) <= least) return null;
  return tile.width >= tile.height
    ? { width: half(tile.width), height: tile.height }
    : { width: tile.width, height: half(tile.height) };
}

/** Every number of tiles along an axis, with the length that their reads then have. */
function* lengths(length: number, rules: TileRules): Generator<{ count: number; length: number }> {
  let fitted = fitAxis(length, length + rules.multiple, rules);
  yield fitted;
  const least = minimumLength(rules);
  while (fitted.length > least) {
    const next = fitAxis(length, fitted.length - 1, rules);
    if (next.length >= fitted.length) return;
    fitted = next;
    yield fitted;
  }
}
