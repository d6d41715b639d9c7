/** How much redrawing asks of its network, so that its speed can be measured once and told for other pictures. */

import { area, type Size } from '../picture/geometry.ts';
import { withDefaults, type RefineStep } from './refine.ts';

/** The name under which the speed of a step's model is remembered, beside those of models that enlarge. */
export function refineSpeedName({ weights }: RefineStep): string {
  return `redraw ${weights?.checkpoint ?? ''}`;
}

/**
 * Pixels of the picture times how often the network is asked for each: by AUTOMATIC1111's count of evaluations, twice where a
 * negative prompt is looked at. What tiles share and what the VAE takes is part of the speed.
 */
export function refineWork(picture: Size, step: RefineStep): number {
  const { strength, steps, exactSteps, sampler, guidance } = withDefaults(step);
  const asked = exactSteps === true ? steps : Math.trunc(Math.min(strength, 0.999) * steps) + 1;
  return area(picture) * asked * (sampler === 'heun' ? 2 : 1) * (guidance === 1 ? 1 : 2);
}
