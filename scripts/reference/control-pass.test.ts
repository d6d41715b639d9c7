/** What else a refine step asks of the pipeline, each once over a tiny model: a ControlNet, and every sampler. */

import { afterAll, describe, expect, it, vi } from 'vitest';
import { at } from '../../src/base/assert.ts';
import { controlFactors } from '../../src/diffusion/refine/control.ts';
import type { Prediction } from '../../src/diffusion/refine/networks.ts';
import { Refining } from '../../src/diffusion/refine/refine.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { samplers, type RefineStep } from '../../src/recipes/refine.ts';
import { openRefining, refined, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

// Beside other work a run of many calls takes long.
vi.setConfig({ testTimeout: 60_000 });

const size = { width: 64, height: 64 };
const step: Omit<RefineStep, 'kind'> = {
  prompt: 'a cat',
  negative: 'blurry',
  guidance: 3,
  strength: 0.5,
  steps: 6,
  seed: 3,
};
const picture = storeOf(
  size,
  (x, y, channel) => 0.5 + 0.4 * Math.sin(0.2 * x) * Math.cos(0.1 * y * (channel + 1)),
);
const plain = tinyDiffusion();
const controlled = tinyDiffusion('epsilon', 'f32', { control: true });
const consistent = tinyDiffusion('epsilon', 'f32', { consistency: true });

/** Networks that stay open from run to run, as Ultimate SD Upscale's do. */
const tiles = { mode: 'ultimate' } as const;
const kept = new Map(
  [plain, controlled, consistent].map((files) => [files, openRefining({ ...step, tiles }, files, size)]),
);
afterAll(async () => {
  for (const opened of kept.values()) await (await opened).networks.release();
});

async function run(more: Omit<RefineStep, 'kind'>, files = controlled): Promise<PixelBlock> {
  const opened = await openRefining({ ...step, ...more }, files, size);
  const { networks } = (await kept.get(files)) ?? opened;
  return refined({ ...opened, networks }, await picture);
}

function meanDifference(one: PixelBlock, other: PixelBlock): number {
  const differences = Array.from(one.data, (value, i) => Math.abs(value - at(other.data, i)));
  return differences.reduce((sum, value) => sum + value, 0) / differences.length;
}

describe('a ControlNet', () => {
  it('of weight 0, or that is asked at no step, is none', async () => {
    const without = await run({}, plain);
    expect(await run({ control: { weight: 0 } })).toEqual(without);
    expect(await run({ control: { start: 1 } })).toEqual(without);
    expect(meanDifference(await run({}), without)).toBeGreaterThan(1);
  });

  it('changes the picture with its weight, its steps and its mode', async () => {
    const controls = [
      {},
      { weight: 0.3 },
      { end: 0.4 },
      { start: 0.4 },
      { mode: 'prompt' },
      { mode: 'control' },
    ] as const;
    const results = [];
    for (const control of controls) results.push(await run({ control }));
    for (const [i, one] of results.entries()) {
      for (const other of results.slice(i + 1)) expect(meanDifference(one, other)).toBeGreaterThan(0.5);
    }
  });

  it.each([
    { weight: 0.7 },
    { start: 0.3, end: 0.7 },
    { mode: 'prompt' },
    { mode: 'control', weight: 2 },
  ] as const)('is asked just when %o says, and shown the picture', async (control) => {
    const { planned, networks } = await openRefining({ ...step, control }, controlled, size);
    const source = await picture;
    const calls: Prediction[] = [];
    const refining = new Refining(
      { ...planned.order, source: () => source },
      {
        traits: networks.traits,
        text: (chunk) => networks.text(chunk),
        encode: (pixels, map) => networks.encode(pixels, map),
        decode: (latent, map) => networks.decode(latent, map),
        predict: (asked) => {
          calls.push(at(asked, 0));
          return networks.predict(asked);
        },
      },
    );
    for (const index of refining.operations.keys()) expect((await refining.run(index)).ok).toBe(true);
    const count = at(planned.order.canvases, 0).steps.plan.timesteps.length;
    expect(calls).toHaveLength(2 * count);
    for (const [i, call] of calls.entries()) {
      const factors = controlFactors(control, Math.floor(i / 2), count, i % 2);
      expect(call.control?.factors ?? null).toEqual(factors);
      if (call.control) expect(call.control.hint[0]).toBeCloseTo(128 / 255, 6);
    }
    await networks.release();
  });
});

describe('the pipeline', () => {
  it.each(samplers)('runs %s', async (sampler) => {
    const files = sampler === 'lcm' ? consistent : plain;
    const result = await run({ sampler, steps: 4 }, files);
    expect(meanDifference(result, await (await picture).read({ x: 0, y: 0, ...size }))).toBeGreaterThan(1);
    // With the guidance as an input there is one call a step, and another guidance is another picture.
    if (sampler === 'lcm') {
      expect(meanDifference(await run({ sampler, steps: 4, guidance: 1.5 }, files), result)).toBeGreaterThan(
        0.1,
      );
    }
  });
});
