/** How far a pixel reaches in a network: one is changed, and the result is searched for differences. */

import type { Size } from '../../../src/picture/geometry.ts';
import { minimumLength } from '../../../src/tiles/plan.ts';
import type { TileRules } from '../../../src/tiles/rules.ts';
import { testPicture, type Planes } from './test-picture.ts';

export interface Reach {
  /** Input pixels, between the least and the most that tiles should have. */
  readonly context: number;
  /** It reached the picture's edge however large that was: the network looks at the whole of it. */
  readonly whole: boolean;
}

/** An eighth of a step of 8 bits. */
const visible = 1 / 255 / 8;
const leastContext = 4;
const mostContext = 64;
const blend = 8;
const sides = [64, 160];
/** A larger picture is not tried when the first took longer, in milliseconds. */
const patience = 4000;

type Enlarge = (planes: Planes, size: Size) => Promise<Planes | null>;

export async function findReach(
  enlarge: Enlarge,
  size: Size,
  scale: number,
  multiple: number,
  fixed: boolean,
): Promise<Reach> {
  const aligned = (side: number): number => Math.ceil(side / multiple) * multiple;
  const sizes = fixed ? [size] : sides.map((side) => ({ width: aligned(side), height: aligned(side) }));
  for (const tried of sizes) {
    const start = performance.now();
    const reach = await reachIn(enlarge, tried, scale);
    if (reach !== null && reach + 2 < Math.min(tried.width, tried.height) / 2) {
      return { context: Math.min(mostContext, Math.max(leastContext, reach + (reach % 2))), whole: false };
    }
    if (reach === null || performance.now() - start > patience) break;
  }
  return { context: mostContext, whole: true };
}

/** The rules of a network of one shape; null where that is too small for tiles. */
export function fixedRules(fixed: Size, context: number): TileRules | null {
  const side = Math.min(fixed.width, fixed.height);
  const room = side - minimumLength({ context: 0, blend, multiple: 1 });
  if (room < 2 || side < 32) return null;
  // More than a quarter on each side would compute most of it twice.
  return {
    context: Math.min(context, Math.floor(room / 2), Math.floor(side / 4)),
    blend,
    multiple: 1,
    fixed,
  };
}

/** The farthest difference in input pixels; null where it does not run. */
async function reachIn(enlarge: Enlarge, size: Size, scale: number): Promise<number | null> {
  const picture = testPicture(size);
  const [x, y] = [Math.floor(size.width / 2), Math.floor(size.height / 2)];
  const changed = picture.slice();
  for (let channel = 0; channel < 3; channel++) {
    const at = (channel * size.height + y) * size.width + x;
    changed[at] = (changed[at] ?? 0) > 0.5 ? 0 : 1;
  }
  const before = await enlarge(picture, size);
  const after = before && (await enlarge(changed, size));
  if (!before || !after) return null;
  const width = size.width * scale;
  const height = size.height * scale;
  let reach = 0;
  for (let i = 0; i < before.length; i++) {
    if (Math.abs((before[i] as number) - (after[i] as number)) <= visible) continue;
    const column = Math.floor((i % width) / scale);
    const row = Math.floor((Math.floor(i / width) % height) / scale);
    reach = Math.max(reach, Math.abs(column - x), Math.abs(row - y));
  }
  return reach;
}
