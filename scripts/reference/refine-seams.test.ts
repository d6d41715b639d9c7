/** No border of a tile is seen in a picture that is refined in joint mode, and one that is not hidden would be. */

import { expect, it } from 'vitest';
import { flatNetworks } from './flat-networks.ts';
import { openRefining, storeOf } from './refining.ts';
import {
  drawn,
  largestStep,
  matched,
  seamOf,
  seamPictures,
  seamSize,
  unetGrid,
  vaePlan,
  wholeCut,
  type Cut,
} from './seams.ts';
import { somewhatSmoothed, tinyDiffusion } from './tiny-diffusion.ts';

/** The context and the rim that the VAE's tiles have (`canvas.ts`); several tiles of each network. */
const cut: Cut = { grid: unetGrid(32, 8), vae: vaePlan(44, 4, 8) };
const step = { prompt: 'a cat', guidance: 1, strength: 0.3, steps: 4, seed: 1 } as const;
const most = 1.05;
const files = tinyDiffusion('epsilon', 'f32', { fill: somewhatSmoothed });

it.each(seamPictures)('of tiny networks: %s', { timeout: 60_000 }, async (name, colour) => {
  const input = await storeOf(seamSize, colour);
  const opened = await openRefining(step, files, seamSize);
  const [untiled, tiled] = [await drawn(opened, wholeCut, input), await drawn(opened, cut, input)];
  const plain = seamOf(tiled, untiled, cut);
  expect(plain).toBeLessThanOrEqual(most);
  expect(plain).not.toBe(1);
  expect(seamOf(await matched(tiled, input), await matched(untiled, input), cut)).toBeLessThanOrEqual(most);
  if (name === 'grey') {
    const rimless = { ...wholeCut, vae: vaePlan(44, 4, 0) };
    expect(seamOf(await drawn(opened, rimless, input), untiled, rimless)).toBeGreaterThan(most);
  }
  await opened.networks.release();
});

it('between tiles of the UNet that are far apart, in the latent: a slope where they share places, a step where not', async () => {
  const input = await storeOf(seamSize, () => 0.5);
  const opened = await openRefining(step, files, seamSize);
  const stepOf = async (side: number, overlap: number): Promise<number> => {
    const latents: Float32Array[] = [];
    const networks = flatNetworks(opened.networks, (latent) => latents.push(latent));
    await drawn({ ...opened, networks }, { ...wholeCut, grid: unetGrid(side, overlap, 48) }, input);
    expect(latents).toHaveLength(1);
    return largestStep(latents[0] ?? new Float32Array(), seamSize.width / 8, seamSize.height / 8);
  };
  // The map has 64 places a row: tiles of 36 share 8, as the product's do.
  const [joined, hard] = [await stepOf(36, 8), await stepOf(32, 0)];
  expect(hard).toBeCloseTo(1, 5);
  expect(joined).toBeLessThan(0.6);
  await opened.networks.release();
});
