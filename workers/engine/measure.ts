/** Times a network: input pixels a second in a warmed-up run, on a tile large enough to say something. */

import { ok, type Result } from '../../src/base/result.ts';
import { area, type Size } from '../../src/picture/geometry.ts';
import { goldenSide } from './golden.ts';
import type { ModelSession } from './model-session.ts';

/** A run this long is timed well enough; a real GPU doubles its tile until it takes as long. */
const enoughSeconds = 0.12;
/** Two small runs this long say enough, and a very long one everything: a person may be waiting. */
const slowSeconds = 0.25;
const verySlowSeconds = 2;
const rounds = 3;
const smallestSide = 64;
const largestSide = 512;

/** Of a network that runs one shape only; the first run compiles and allocates. */
export async function measureShape(
  session: Pick<ModelSession, 'run'>,
  size: Size,
  clock: () => number = () => performance.now(),
): Promise<Result<number>> {
  const planes = new Float32Array(3 * area(size)).fill(0.5);
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = clock();
    const result = await session.run(planes, size);
    if (!result.ok) return result;
    best = Math.min(best, (clock() - start) / 1000);
    if (best > verySlowSeconds) break;
  }
  return ok(area(size) / Math.max(best, 1e-4));
}

/** `largestPixels` bounds the tile by what the device can hold; `firstSide` is the tile to begin with. */
export async function measureSpeed(
  session: Pick<ModelSession, 'run'>,
  largestPixels: number,
  firstSide = goldenSide,
  clock: () => number = () => performance.now(),
): Promise<Result<number>> {
  const time = async (side: number): Promise<Result<number>> => {
    const planes = new Float32Array(3 * side * side).fill(0.5);
    const start = clock();
    const result = await session.run(planes, { width: side, height: side });
    return result.ok ? ok((clock() - start) / 1000) : result;
  };

  const first = await time(firstSide);
  if (!first.ok) return first;
  if (first.value > verySlowSeconds) return ok(firstSide ** 2 / first.value);
  const second = await time(firstSide);
  if (!second.ok) return second;
  const small = Math.min(first.value, second.value);
  if (small > slowSeconds) return ok(firstSide ** 2 / small);
  for (let side = smallestSide; ; side *= 2) {
    // The first run of a shape compiles and allocates, and other work may get in the way: the best counts.
    let best = Infinity;
    for (let round = 0; round < rounds; round++) {
      const seconds = await time(side);
      if (!seconds.ok) return seconds;
      best = Math.min(best, seconds.value);
      if (seconds.value > verySlowSeconds) break;
    }
    const next = side * 2;
    if (best >= enoughSeconds || next > largestSide || next * next > largestPixels) {
      return ok((side * side) / Math.max(best, 1e-4));
    }
  }
}
