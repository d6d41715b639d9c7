/** What a step of latent super-resolution may say. */

import * as v from 'valibot';
import { ldsrDefaults } from '../diffusion/ldsr/choices.ts';
import { noiseSources } from './refine.ts';
import { file, from, oneOf, unexpected, whole } from './validate-words.ts';

const plain = v.strictObject(
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

export const ldsr = v.pipe(
  plain,
  v.check(
    ({ tile = ldsrDefaults.tile, overlap = ldsrDefaults.overlap }) => overlap <= tile / 2,
    ({ input: { tile = ldsrDefaults.tile } }) =>
      `must have an overlap of at most half a tile, which is ${tile / 2} pixels`,
  ),
);
