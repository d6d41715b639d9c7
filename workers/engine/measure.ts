/** Times a network: input pixels a second in a warmed-up run, on a tile large enough to say something. */

import { ok, type Result } from '../../src/base/result.ts';
import { goldenSide } from './golden.ts';
import type { ModelSession } from './model-session.ts';

/** A run this long is timed well enough; a software GPU is there at once, a real one doubles its tile. */
const enoughSeconds = 0.1;
const largestSide = 512;

/** `largestPixels` bounds the tile by what the device can hold. */
export async function measureSpeed(
  session: ModelSession,
  largestPixels: number,
  clock: () => number = () => performance.now(),
): Promise<Result<number>> {
  let side = goldenSide;
  for (;;) {
    const size = { width: side, height: side };
    const planes = new Float32Array(3 * side * side).fill(0.5);
    // The first run of a shape compiles and allocates; when even that is quick, the second one counts.
    const seconds: number[] = [];
    for (let round = 0; round < 2; round++) {
      const start = clock();
      const result = await session.run(planes, size);
      if (!result.ok) return result;
      seconds.push((clock() - start) / 1000);
      if (round === 0 && (seconds[0] ?? 0) > 20 * enoughSeconds) break;
    }
    const best = Math.min(...seconds);
    const next = side * 2;
    if (best >= enoughSeconds || next > largestSide || next * next > largestPixels) {
      return ok((side * side) / Math.max(best, 1e-4));
    }
    side = next;
  }
}
