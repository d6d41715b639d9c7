/**
 * Around each call of the network: what goes in, how its answer becomes the denoised latent that samplers
 * work with, and how answers with and without the prompt are joined (classifier-free guidance). Latents here
 * are the picture's plus noise of spread sigma, as in Karras et al. 2022.
 */

import { invariant } from '../base/assert.ts';
import { weightedSum } from './samplers/weighted-sum.ts';

/** What a network was trained to tell: the noise, or the "velocity" of Salimans and Ho, 2022. */
export type Prediction = 'epsilon' | 'v';

/** The latent as the network takes it: of variance one. */
export function modelInput(x: Float32Array, sigma: number): Float32Array<ArrayBuffer> {
  return weightedSum([[1 / Math.hypot(sigma, 1), x]]);
}

/** The denoised latent that the network's answer for `x` at noise level `sigma` stands for. */
export function denoisedFrom(
  prediction: Prediction,
  x: Float32Array,
  answer: Float32Array,
  sigma: number,
): Float32Array<ArrayBuffer> {
  if (prediction === 'epsilon') {
    return weightedSum([
      [1, x],
      [-sigma, answer],
    ]);
  }
  return weightedSum([
    [1 / (sigma * sigma + 1), x],
    [-sigma / Math.hypot(sigma, 1), answer],
  ]);
}

/**
 * Away from what the negative prompt gives, towards the prompt, `scale` times as far (Ho and Salimans,
 * "Classifier-free diffusion guidance", 2022). At 1 it is the prompt's answer alone.
 */
export function guided(
  negative: Float32Array,
  prompted: Float32Array,
  scale: number,
): Float32Array<ArrayBuffer> {
  return weightedSum([
    [1 - scale, negative],
    [scale, prompted],
  ]);
}

/**
 * The guidance scale as latent consistency models take it, instead of a second call (their `timestep_cond`):
 * sines and then cosines of `scale - 1` in thousandths at `length / 2` frequencies (Luo et al., 2023).
 */
export function guidanceEmbedding(scale: number, length = 256): Float32Array<ArrayBuffer> {
  invariant(length >= 4 && length % 2 === 0, 'An embedding has pairs');
  const half = length / 2;
  const values = new Float32Array(length);
  for (let i = 0; i < half; i++) {
    const angle = (scale - 1) * 1000 * Math.exp((-i * Math.log(10000)) / (half - 1));
    values[i] = Math.sin(angle);
    values[half + i] = Math.cos(angle);
  }
  return values;
}

/** Whether a guidance scale asks for a second answer, to the negative prompt. */
export function needsNegative(scale: number): boolean {
  return scale !== 1;
}

/** Of a latent consistency model: what its own input and its denoised answer weigh at a timestep (c_skip, c_out). */
export function consistencyWeights(timestep: number): { readonly input: number; readonly denoised: number } {
  const [data, scaled] = [0.5, timestep * 10];
  const squares = scaled * scaled + data * data;
  return { input: (data * data) / squares, denoised: scaled / Math.sqrt(squares) };
}
