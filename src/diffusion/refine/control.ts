/** How much of a ControlNet's residuals a step takes. */

import type { RefineControl } from './choices.ts';

/** Twelve residuals of the way down, and that of the middle. */
const residuals = 13;
/** By which each is weaker than the next deeper one where something else is more important. */
const fade = 0.825;

/**
 * The factor of each residual at a step (counted from 0), in the order of the ControlNet's outputs; null where it is not asked. `branch` 1 is the
 * negative prompt, which a ControlNet that is more important leaves alone. As in the ControlNet extension of AUTOMATIC1111, whose
 * `prompt` mode is what clarity-upscaler uses (facts of both: their documented control modes).
 */
export function controlFactors(
  { weight = 1, start = 0, end = 1, mode = 'balanced' }: RefineControl,
  step: number,
  steps: number,
  branch: number,
): readonly number[] | null {
  const share = step / steps;
  if (weight === 0 || share < start || share > end) return null;
  if (mode === 'control' && branch === 1) return null;
  return Array.from(
    { length: residuals },
    (_, i) => weight * (mode === 'balanced' ? 1 : fade ** (residuals - 1 - i)),
  );
}
