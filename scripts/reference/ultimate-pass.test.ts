/** Ultimate SD Upscale through the engine's refine pass, against the same jobs put together by hand. */

import { describe, expect, it, vi } from 'vitest';
import { at } from '../../src/base/assert.ts';
import { contextOf } from '../../src/diffusion/refine/script.ts';
import type { Floats, Networks } from '../../src/diffusion/refine/networks.ts';
import { latentMask, pasted, visibleCrop } from '../../src/diffusion/tiles/ultimate-paste.ts';
import { maskOver } from '../../src/diffusion/tiles/ultimate-mask.ts';
import { readPadded } from '../../src/diffusion/tiles/pad-to.ts';
import type { UltimateJob } from '../../src/diffusion/tiles/ultimate.ts';
import { rectOf, type Size } from '../../src/picture/geometry.ts';
import type { MemoryStore } from '../../src/picture/memory-store.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { blockFromPlanes, rgbPlanes } from '../../src/picture/planes.ts';
import { Resampler } from '../../src/picture/resample.ts';
import type { RefineStep } from '../../src/recipes/refine.ts';
import type { OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { emptyStore, openRefining, refined, runPass, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

// Beside other work a run of many calls takes long.
vi.setConfig({ testTimeout: 60_000 });

const files = tinyDiffusion();
const step: Omit<RefineStep, 'kind'> = {
  prompt: 'a photo of a cat',
  guidance: 1,
  strength: 0.35,
  steps: 3,
  sampler: 'euler',
  seed: 5,
};
const notice = (): void => undefined;

function photo(size: Size): Promise<MemoryStore> {
  return storeOf(
    size,
    (x, y, channel) => 0.5 + 0.4 * Math.sin(0.07 * x * (channel + 1)) * Math.cos(0.05 * y),
  );
}

async function value<T>(
  result: Promise<{ ok: true; value: T } | { ok: false; error: { message: string } }>,
): Promise<T> {
  const given = await result;
  if (!given.ok) throw new Error(given.error.message);
  return given.value;
}

function resized(block: PixelBlock, size: Size): PixelBlock {
  const resampler = new Resampler('lanczos3', block, rectOf(block), size, { light: 'stored' });
  return resampler.run(block, rectOf(block), { x: 0, y: 0, width: size.width, height: size.height });
}

/** One job, by Euler's method written out, with the latent map and the picture held where its mask says so. */
async function redrawn(
  job: UltimateJob,
  canvas: number,
  picture: MemoryStore,
  context: Floats,
  { planned, networks }: OpenedRefine,
): Promise<PixelBlock> {
  const { plan } = at(planned.order.canvases, canvas).steps;
  const map = { width: job.size.width / 8, height: job.size.height / 8 };
  const pixels = rgbPlanes(resized(await readPadded(picture, job.crop), job.size)).map((one) => 2 * one - 1);
  const { scaling } = networks.traits;
  const original = (await value(networks.encode(pixels, map))).map((one) => one * scaling.encoder);
  const noise = planned.order.field(at(planned.order.canvases, canvas)).draw(0);
  const free = latentMask(job, picture);
  let x = original.map((one, i) => one + at(plan.sigmas, 0) * at(noise, i));
  for (const [i, timestep] of plan.timesteps.entries()) {
    const [sigma, to] = [at(plan.sigmas, i), at(plan.sigmas, i + 1)];
    const sample = x.map((one) => one / Math.hypot(sigma, 1));
    const call = { sample, size: map, timestep, context, guidance: 1, control: null };
    const answer = at(await value(networks.predict([call])), 0);
    x = x.map((one, place) => {
      const denoised =
        at(free, place % free.length) === 1 ? one - sigma * at(answer, place) : at(original, place);
      return one + ((one - denoised) / sigma) * (to - sigma);
    });
  }
  const latent = x.map((one) => one / scaling.decoder);
  const drawn = (await value(networks.decode(latent, map))).map((one) => one / 2 + 0.5);
  return resized(blockFromPlanes(drawn, null, job.size, 8), job.crop);
}

async function byHand(picture: MemoryStore, opened: OpenedRefine): Promise<PixelBlock> {
  const { planned, networks } = opened;
  const { ultimate, order } = planned;
  if (!ultimate) throw new Error('Another mode was planned.');
  const result = emptyStore(picture);
  await result.write(rectOf(picture), await picture.read(rectOf(picture)));
  const encoded = await Promise.all(
    order.script.rows.map((_, row) => value((networks as Networks).text(order.chunk(row)))),
  );
  const context = contextOf(at(at(order.script.evaluations, 0), 0), order.script, encoded);
  for (const [canvas, job] of ultimate.jobs.entries()) {
    const block = await redrawn(job, canvas, result, context, opened);
    const seen = visibleCrop(job, picture);
    const part = rectOf(block);
    const store = emptyStore(part);
    await store.write(part, block);
    const visible = await store.read({ ...seen, x: seen.x - job.crop.x, y: seen.y - job.crop.y });
    await result.write(seen, pasted(await result.read(seen), visible, maskOver(job.mask, seen, picture)));
  }
  return result.read(rectOf(result));
}

/** In levels. */
function meanDifference(one: PixelBlock, other: PixelBlock): number {
  expect(one.data.length).toBe(other.data.length);
  const differences = Array.from(one.data, (value, i) => Math.abs(value - at(other.data, i)));
  return differences.reduce((sum, value) => sum + value, 0) / differences.length;
}

describe('Ultimate SD Upscale', () => {
  it.each([
    [{ width: 128, height: 64 }, { seams: 'none' }],
    // Crops that hang over, seams with their own strength and sizes.
    [
      { width: 90, height: 70 },
      { seams: 'half-tile-intersections', seamStrength: 0.7, redraw: 'chess' },
    ],
    [
      { width: 130, height: 60 },
      { seams: 'band', seamWidth: 16, seamPadding: 8, seamStrength: 0.2 },
    ],
  ] as const)('is its jobs, one after another, at %o with %o', async (size, more) => {
    const tiles = { mode: 'ultimate', tile: 64, padding: 16, maskBlur: 4, ...more } as const;
    const picture = await photo(size);
    const opened = await openRefining({ ...step, tiles }, files, size);
    const expected = await byHand(picture, opened);
    const result = await refined(opened, picture);
    // Sums are made in another order, and such a network answers to a level more with a level more.
    expect(meanDifference(result, expected)).toBeLessThan(0.02);
    expect(meanDifference(result, await picture.read(rectOf(picture)))).toBeGreaterThan(10);
  });

  it('with one tile is a plain img2img', async () => {
    const picture = await photo({ width: 128, height: 128 });
    const tiles = { mode: 'ultimate', tile: 128, padding: 0 } as const;
    const plain = { ...step, sampler: 'dpmpp-2m' } as const;
    const whole = await refined(await openRefining(plain, files, picture), picture);
    const single = await refined(await openRefining({ ...plain, tiles }, files, picture), picture);
    expect(single).toEqual(whole);
  });

  it('shows every job what became of those before it', async () => {
    const picture = await photo({ width: 128, height: 64 });
    const tiles = { mode: 'ultimate', tile: 64, padding: 32, maskBlur: 0 } as const;
    const opened = await openRefining({ ...step, tiles }, files, picture);
    const results = [];
    for (const painted of [false, true]) {
      const output = emptyStore(picture);
      const work = refinePass({ input: picture, output, notice }, opened);
      const first = opened.planned.order.canvases.length;
      expect(first).toBe(2);
      const half = 1 + (work.tiles - 1) / 2;
      await runPass(work, 0, half);
      const left = { x: 0, y: 0, width: 64, height: 64 };
      const block = await output.read(left);
      if (painted) await output.write(left, { ...block, data: block.data.map((value) => 255 - value) });
      await runPass(work, half);
      results.push(await output.read({ x: 64, y: 0, width: 64, height: 64 }));
    }
    expect(meanDifference(at(results, 0), at(results, 1))).toBeGreaterThan(1);
  });

  it('goes on from any operation as if nothing had happened, and shows where it draws', async () => {
    const size = { width: 90, height: 60 };
    const picture = await photo(size);
    // Jobs of 128 pixels and VAE tiles of 44 places.
    const tiles = { mode: 'ultimate', tile: 64, padding: 16, seams: 'half-tile', seamStrength: 0.5 } as const;
    const chosen = { ...step, guidance: 4, negative: 'blurry', tiles };
    const opened = await openRefining(chosen, files, size);
    const [whole, stopped] = [emptyStore(size), emptyStore(size)];
    const written = await runPass(refinePass({ input: picture, output: whole, notice }, opened));
    let work = refinePass({ input: picture, output: stopped, notice }, opened);
    for (let index = 0; index < work.tiles; index++) {
      await runPass(work, index, index + 1);
      const resumed = structuredClone(work.state().refine);
      if (resumed) work = refinePass({ input: picture, output: stopped, notice }, { ...opened, resumed });
    }
    expect(await stopped.read(rectOf(stopped))).toEqual(await whole.read(rectOf(whole)));
    const { order, ultimate } = opened.planned;
    const jobs = ultimate?.jobs ?? [];
    expect(order.canvases).toHaveLength(jobs.length);
    expect(jobs.length).toBeGreaterThan(2);
    const places = written.flatMap((one) => (one ? [JSON.stringify(one.rect)] : []));
    expect(new Set(places)).toEqual(new Set(jobs.map((job) => JSON.stringify(visibleCrop(job, size)))));
  });

  it('copies the picture where nothing is to be redrawn', async () => {
    const picture = await photo({ width: 40, height: 30 });
    const tiles = { mode: 'ultimate', redraw: 'none' } as const;
    const opened = await openRefining({ ...step, tiles }, files, picture);
    expect(await refined(opened, picture)).toEqual(await picture.read(rectOf(picture)));
  });
});
