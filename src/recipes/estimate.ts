/** How long passes take, from measured speed. */

import { area } from '../picture/geometry.ts';
import type { Pass } from './passes.ts';

/**
 * Seconds for the model passes; null while the speed of one of their models is not known. Speed is
 * input pixels a second. Resampling is left out: beside a network it hardly counts.
 */
export function estimateSeconds(
  passes: readonly Pass[],
  pixelsPerSecond: (model: string) => number | null,
): number | null {
  let seconds = 0;
  for (const pass of passes) {
    if (pass.kind !== 'model') continue;
    const speed = pixelsPerSecond(pass.model);
    if (speed === null || !(speed > 0)) return null;
    seconds += (area(pass.input) * (pass.orientations ?? 1)) / speed;
  }
  return seconds;
}
