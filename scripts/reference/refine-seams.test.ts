/** No border of a tile is seen in a picture that is refined in joint mode: the UNet's and the VAE's tiles together, against one tile of each. */

import { expect, it } from 'vitest';
import { openRefining, storeOf } from './refining.ts';
import {
  drawn,
  matched,
  seamOf,
  seamPictures,
  seamSize,
  unetGrid,
  vaePlan,
  wholeCut,
  type Cut,
} from './seams.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

/** The context and the rim that the VAE's tiles have (`canvas.ts`); several tiles of each network. */
const cut: Cut = { grid: unetGrid(32, 8), vae: vaePlan(44, 4, 8) };
const most = 1.05;

it.each(seamPictures)('%s', { timeout: 60_000 }, async (_, colour) => {
  const step = { prompt: 'a cat', guidance: 1, strength: 0.3, steps: 4, seed: 1 } as const;
  const input = await storeOf(seamSize, colour);
  const opened = await openRefining(step, tinyDiffusion(), seamSize);
  const [untiled, tiled] = [await drawn(opened, wholeCut, input), await drawn(opened, cut, input)];
  await opened.networks.release();
  const plain = seamOf(tiled, untiled, cut);
  expect(plain).toBeLessThanOrEqual(most);
  expect(seamOf(await matched(tiled, input), await matched(untiled, input), cut)).toBeLessThanOrEqual(most);
  expect(plain).not.toBe(1);
});
