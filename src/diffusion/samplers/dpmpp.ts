/**
 * DPM-Solver++ (Lu et al. 2022): the multistep samplers 2M, 2M SDE (midpoint) and 3M SDE, in the forms of k-diffusion. They
 * step in the negative logarithm of sigma and extrapolate from earlier denoised latents.
 */

import { at } from '../../base/assert.ts';
import type { Place, Rule, Weights } from './rule.ts';

/** The length of a step, counted back from the present one. */
function stride({ plan, step }: Place, back = 0): number {
  return Math.log(at(plan.sigmas, step - back) / at(plan.sigmas, step - back + 1));
}

const toTheEnd: Weights = { x: 0, denoised: 1 };

export const dpmpp2m: Rule = {
  lookback: 1,
  weights(place) {
    const to = at(place.plan.sigmas, place.step + 1);
    if (to === 0) return toTheEnd;
    const kept = to / at(place.plan.sigmas, place.step);
    if (place.remembered === 0) return { x: kept, denoised: 1 - kept };
    const more = stride(place) / (2 * stride(place, 1));
    return { x: kept, denoised: (1 - kept) * (1 + more), earlier: [(kept - 1) * more] };
  },
};

/** What a step of an SDE keeps of x, in how much logarithm of sigma, and the spread of its noise. */
function stochastic(place: Place): { kept: number; way: number; noise: number } {
  const { eta, sigmas } = place.plan;
  const to = at(sigmas, place.step + 1);
  const h = stride(place);
  return {
    kept: Math.exp(-(1 + eta) * h),
    way: (1 + eta) * h,
    noise: to * Math.sqrt(-Math.expm1(-2 * eta * h)),
  };
}

export const dpmpp2mSde: Rule = {
  lookback: 1,
  weights(place) {
    if (at(place.plan.sigmas, place.step + 1) === 0) return toTheEnd;
    const { kept, noise } = stochastic(place);
    if (place.remembered === 0) return { x: kept, denoised: 1 - kept, noise };
    const slope = ((1 - kept) * stride(place)) / (2 * stride(place, 1));
    return { x: kept, denoised: 1 - kept + slope, earlier: [-slope], noise };
  },
};

export const dpmpp3mSde: Rule = {
  lookback: 2,
  weights(place) {
    if (at(place.plan.sigmas, place.step + 1) === 0) return toTheEnd;
    const { kept, way, noise } = stochastic(place);
    if (place.remembered === 0) return { x: kept, denoised: 1 - kept, noise };
    const second = Math.expm1(-way) / way + 1;
    const near = stride(place, 1) / stride(place);
    if (place.remembered === 1) {
      const slope = second / near;
      return { x: kept, denoised: 1 - kept + slope, earlier: [-slope], noise };
    }
    const far = stride(place, 2) / stride(place);
    const third = second / way - 0.5;
    // Divided differences of the last three: the slope at the present one, and the bend.
    const bend = 1 / (near + far);
    const ofNear = second * (1 + near * bend) - third * bend;
    const ofFar = third * bend - second * near * bend;
    return {
      x: kept,
      denoised: 1 - kept + ofNear / near,
      earlier: [-ofNear / near + ofFar / far, -ofFar / far],
      noise,
    };
  },
};
