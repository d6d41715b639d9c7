/** What a UNet predicts, from one run, for files that do not tell. */

import type { Prediction } from './checkpoint-told.ts';

/** Between about 1 and about 0, see below. */
const alike = 0.5;

/**
 * `sample`: normal noise of the latent's shape; `output`: what the UNet gave for it at timestep 999, for any text. At that level
 * (Stable Diffusion's schedule has 0.0047 of a picture's variance left there) a sample is nearly all noise: a network that predicts the
 * noise gives it back, and one that predicts the velocity gives the picture's negative, of which the sample knows nothing.
 * Null where the output holds no numbers, or nothing.
 */
export function predictionOf(sample: Float32Array, output: Float32Array): Prediction | null {
  let [product, given, made] = [0, 0, 0];
  sample.forEach((value, at) => {
    const other = output[at] ?? NaN;
    product += value * other;
    given += value * value;
    made += other * other;
  });
  const cosine = product / Math.sqrt(given * made);
  if (!Number.isFinite(cosine)) return null;
  return cosine > alike ? 'epsilon' : 'v';
}
