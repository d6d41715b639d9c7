/** Which sides a network runs: multiples of what, and from how many pixels on. */

import type { Size } from '../../../src/picture/geometry.ts';

type Runs = (size: Size) => Promise<boolean>;

/** Likely ones, each tried on a side that is no multiple of more. */
const multiples = [1, 2, 4, 8, 3, 5, 6, 7, 10, 12, 16, 24, 32, 64, 128];

/** The multiple that sides must be of. `side` is known to run. */
export async function findMultiple(runs: Runs, side: number): Promise<number> {
  for (const multiple of multiples) {
    if (multiple > side || side % multiple !== 0) continue;
    if (await runs(square(sideOf(multiple, side)))) return multiple;
  }
  return side;
}

/** The shortest side that runs. */
export async function findLeast(runs: Runs, multiple: number, side: number): Promise<number> {
  for (const factor of [1, 2, 3, 4, 6, 8, 12, 16]) {
    const least = multiple * factor;
    if (least >= side) break;
    if (await runs(square(least))) return least;
  }
  return side;
}

/** The first side from `least` on that is an odd multiple, but of nothing else that is tried. */
function sideOf(multiple: number, least: number): number {
  for (let factor = Math.ceil(least / multiple); ; factor++) {
    if ([2, 3, 5, 7].every((prime) => factor % prime !== 0)) return factor * multiple;
  }
}

function square(side: number): Size {
  return { width: side, height: side };
}
