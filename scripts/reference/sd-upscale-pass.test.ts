/** SD Upscale through the engine's refine pass, against single img2imgs whose results are laid over one another by hand. */

import { expect, it, vi } from 'vitest';
import { at } from '../../src/base/assert.ts';
import { rectOf, type Rect } from '../../src/picture/geometry.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { RefineStep } from '../../src/recipes/refine.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { emptyStore, openRefining, refined, runPass, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

// Beside other work a run of many calls takes long.
vi.setConfig({ testTimeout: 60_000 });

const files = tinyDiffusion();
const size = { width: 96, height: 80 };
const [tile, overlap] = [64, 16];
const step: Omit<RefineStep, 'kind'> = { guidance: 1, strength: 0.35, steps: 3, seed: 2 ** 32 - 2 };
const tiles = { mode: 'sd-upscale', tile, overlap } as const;
const picture = storeOf(
  size,
  (x, y, channel) => 0.5 + 0.4 * Math.sin(0.09 * x) * Math.cos(0.06 * y * (channel + 1)),
);

/** `next` over `before` at `x`, `y`; over its first columns (or rows) it comes in by a straight ramp of 255 levels. */
function lay(
  before: Map<string, number[]>,
  next: ReadonlyMap<string, number[]>,
  ramp: 'x' | 'y',
  first: number,
): void {
  for (const [key, pixel] of next) {
    const [x = 0, y = 0] = key.split(' ').map(Number);
    const place = (ramp === 'x' ? x : y) - first;
    const under = before.get(key);
    const share = under && place < overlap ? Math.floor((place * 255) / overlap) / 255 : 1;
    before.set(
      key,
      pixel.map((value, i) => Math.round(value * share + (under?.[i] ?? 0) * (1 - share))),
    );
  }
}

function pixelsAt(block: PixelBlock, { x, y }: Rect): Map<string, number[]> {
  return new Map(
    Array.from({ length: block.width * block.height }, (_, i) => [
      `${x + (i % block.width)} ${y + Math.floor(i / block.width)}`,
      [...block.data.slice(i * 4, i * 4 + 4)],
    ]),
  );
}

it('is an img2img a tile, each with a seed of its own, laid over one another by ramps', async () => {
  const input = await picture;
  const result = await refined(await openRefining({ ...step, tiles }, files, size), input);

  const whole = new Map<string, number[]>();
  for (const [row, y] of [0, size.height - tile].entries()) {
    const line = new Map<string, number[]>();
    for (const [column, x] of [0, size.width - tile].entries()) {
      const rect = { x, y, width: tile, height: tile };
      const part = emptyStore(rect);
      await part.write(rectOf(part), await input.read(rect));
      const seed = ((step.seed ?? 0) + row * 2 + column) % 2 ** 32;
      // The prompt of tiles that nobody described.
      const single = { ...step, seed, prompt: 'highly detailed' };
      lay(line, pixelsAt(await refined(await openRefining(single, files, part), part), rect), 'x', x);
    }
    lay(whole, line, 'y', y);
  }
  for (const [key, pixel] of whole) {
    const [x = 0, y = 0] = key.split(' ').map(Number);
    const place = (y * size.width + x) * 4;
    for (const [i, value] of pixel.entries()) {
      if (Math.abs(value - at(result.data, place + i)) > 1) throw new Error(`Other pixels at ${key}`);
    }
  }
  expect(whole.size).toBe(size.width * size.height);
});

it('goes on from any operation as if nothing had happened', async () => {
  const input = await picture;
  const opened = await openRefining({ ...step, tiles, prompt: 'a cat' }, files, size);
  const [whole, stopped] = [emptyStore(size), emptyStore(size)];
  await runPass(refinePass({ input, output: whole, notice: () => undefined }, opened));
  let work = refinePass({ input, output: stopped, notice: () => undefined }, opened);
  for (let index = 0; index < work.tiles; index++) {
    await runPass(work, index, index + 1);
    const resumed = structuredClone(work.state().refine);
    if (resumed)
      work = refinePass({ input, output: stopped, notice: () => undefined }, { ...opened, resumed });
  }
  expect(await stopped.read(rectOf(stopped))).toEqual(await whole.read(rectOf(whole)));
});
