/**
 * How much noise a diffusion model was trained with at each of its timesteps, as noise levels (sigma:
 * the noise's spread over a latent of its own size), and the way between timesteps and levels.
 * Karras et al., "Elucidating the design space of diffusion-based generative models", 2022.
 */

import { at, invariant } from '../../base/assert.ts';

export interface NoiseSchedule {
  /** The cumulative products of 1 - beta, falling, one a timestep: the share of the picture in the variance. */
  readonly alphas: Float64Array;
  /** sqrt((1 - alpha) / alpha), rising. */
  readonly sigmas: Float64Array;
}

/**
 * Betas whose square roots are evenly spaced.
 * @param first, last betas; the defaults are those of Stable Diffusion 1.x and 2.x, SD-Turbo and LCM
 */
export function scaledLinearSchedule(first = 0.00085, last = 0.012, timesteps = 1000): NoiseSchedule {
  invariant(timesteps >= 2 && first > 0 && last > first, 'A schedule of noise rises');
  const alphas = new Float64Array(timesteps);
  let product = 1;
  for (let t = 0; t < timesteps; t++) {
    const share = t / (timesteps - 1);
    product *= 1 - (Math.sqrt(first) * (1 - share) + Math.sqrt(last) * share) ** 2;
    alphas[t] = product;
  }
  return { alphas, sigmas: alphas.map((alpha) => Math.sqrt((1 - alpha) / alpha)) };
}

/** The noise level of timestep 0; 0.0292 for Stable Diffusion. */
export function leastSigma({ sigmas }: NoiseSchedule): number {
  return at(sigmas, 0);
}

/** The noise level of the last timestep; 14.61 for Stable Diffusion. */
export function mostSigma({ sigmas }: NoiseSchedule): number {
  return at(sigmas, sigmas.length - 1);
}

/** The noise level at a timestep, which may be fractional (between two the logarithm runs straight) and is kept in range. */
export function sigmaAt({ sigmas }: NoiseSchedule, timestep: number): number {
  const t = Math.min(Math.max(timestep, 0), sigmas.length - 1);
  const below = Math.floor(t);
  if (below === t) return at(sigmas, t);
  const share = t - below;
  return Math.exp((1 - share) * Math.log(at(sigmas, below)) + share * Math.log(at(sigmas, below + 1)));
}

/** The timestep, fractional, at which the model meets a noise level: the inverse of `sigmaAt`, kept in range. */
export function timestepAt({ sigmas }: NoiseSchedule, sigma: number): number {
  let [low, high] = [0, sigmas.length - 1];
  if (sigma <= at(sigmas, low)) return low;
  if (sigma >= at(sigmas, high)) return high;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(sigmas, middle) <= sigma) low = middle;
    else high = middle;
  }
  const [from, to] = [Math.log(at(sigmas, low)), Math.log(at(sigmas, high))];
  return low + (Math.log(sigma) - from) / (to - from);
}
