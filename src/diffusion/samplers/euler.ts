/** The samplers that look at one step alone: Euler with and without new noise, DDIM, Heun, LCM. */

import { at } from '../../base/assert.ts';
import { consistencyWeights } from '../guidance.ts';
import type { Place, Rule } from './rule.ts';

function levels({ plan, step }: Place): readonly [number, number] {
  return [at(plan.sigmas, step), at(plan.sigmas, step + 1)];
}

/**
 * Euler, and with eta above 0 its ancestral form (Karras et al. 2022, and k-diffusion). DDIM (Song et al. 2020, formula 12)
 * is the same in latents whose picture keeps its size, eta included.
 */
export const euler: Rule = {
  lookback: 0,
  weights(place) {
    const [from, to] = levels(place);
    const fresh = Math.min(to, (place.plan.eta * to * Math.sqrt(from * from - to * to)) / from);
    const kept = Math.sqrt(to * to - fresh * fresh) / from;
    return { x: kept, denoised: 1 - kept, noise: fresh };
  },
};

/** Heun's method (Karras et al. 2022, algorithm 1): a trial step of Euler's, and the mean of both ends' slopes. */
export const heun: Rule = {
  lookback: 0,
  weights(place) {
    const [from, to] = levels(place);
    if (place.remembered === 0) {
      const kept = to / from;
      return { x: kept, denoised: 1 - kept, ...(to > 0 && { trial: true }) };
    }
    const [first, second] = [(to - from) / (2 * from), (to - from) / (2 * to)];
    return { x: second, denoised: -second, earlier: [1 + first, -first] };
  },
};

/** Latent consistency models (Luo et al. 2023): denoised at once, and noise of the next level on top. */
export const lcm: Rule = {
  lookback: 0,
  weights(place) {
    const [from, to] = levels(place);
    const { input, denoised } = consistencyWeights(at(place.plan.timesteps, place.step));
    // The model's own input is x scaled to variance one.
    return { x: input / Math.hypot(from, 1), denoised, noise: to };
  },
};
