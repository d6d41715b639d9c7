/** What a step of latent super-resolution may say. */

import * as v from 'valibot';
import { noiseSources } from './refine.ts';
import { file, from, oneOf, unexpected, whole } from './validate-words.ts';

export const ldsr = v.strictObject(
  {
    kind: v.literal('ldsr'),
    weights: v.exactOptional(
      v.strictObject({ checkpoint: v.exactOptional(file), vae: v.exactOptional(file) }, unexpected),
    ),
    steps: v.exactOptional(whole(1, 1000)),
    eta: v.exactOptional(from(0, 1)),
    seed: v.exactOptional(whole(0, 2 ** 32 - 1)),
    noise: v.exactOptional(oneOf(noiseSources)),
    tile: v.exactOptional(whole(32, 512, 8)),
    overlap: v.exactOptional(whole(0, 256)),
  },
  unexpected,
);
