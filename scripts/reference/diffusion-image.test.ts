/** A whole img2img over a tiny diffusion model, against transformers, diffusers and k-diffusion (`diffusion-image.py`). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at } from '../../src/base/assert.ts';
import { Refining, type Drawn, type RefineState } from '../../src/diffusion/refine/refine.ts';
import { MemoryStore } from '../../src/picture/memory-store.ts';
import { blockFromPlanes } from '../../src/picture/planes.ts';
import { withDefaults, type RefineStep } from '../../src/recipes/refine.ts';
import { prepareRefine, type OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import { merges, nodeOpener } from './refining.ts';
import { seeded } from './seeded.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

const side = 128;
const size = { width: side, height: side };
const step: RefineStep = {
  kind: 'refine',
  prompt: 'a photo of a cat(, sharp:1.2)',
  negative: 'blurry',
  guidance: 7,
  strength: 0.35,
  seed: 5,
  noise: 'mt19937',
};

/** Blocks of one colour, as the script has them. */
async function picture(): Promise<MemoryStore> {
  const fine = seeded('picture', [3, side, side], 0, 1);
  const planes = fine.map((_, i) => {
    const [channel, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
    let sum = 0;
    for (let row = y - (y % 8); row < y - (y % 8) + 8; row++) {
      for (let column = x - (x % 8); column < x - (x % 8) + 8; column++) {
        sum += at(fine, (channel * side + row) * side + column);
      }
    }
    return sum / 64;
  });
  const store = MemoryStore.over(size, 8, new ArrayBuffer(4 * side * side));
  await store.write({ x: 0, y: 0, ...size }, blockFromPlanes(planes, null, size, 8));
  return store;
}

async function opened(
  more: Partial<RefineStep>,
  files = tinyDiffusion(),
  open = nodeOpener().open,
): Promise<OpenedRefine> {
  const made = await prepareRefine(
    withDefaults({ ...step, ...more }),
    { files, merges },
    size,
    { precision: 'fp32', flash: false },
    open,
    () => undefined,
  );
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

/** Everything drawn, from operation `from` on. */
async function drawnBy(refining: Refining, from = 0): Promise<Drawn[]> {
  const all: Drawn[] = [];
  for (let index = from; index < refining.operations.length; index++) {
    const done = await refining.run(index);
    if (!done.ok) throw new Error(done.error.message);
    if (done.value) all.push(done.value);
  }
  return all;
}

function pixels(drawn: readonly Drawn[]): Float32Array {
  const last = drawn.at(-1);
  if (last?.kind !== 'pixels') throw new Error('No pixels came last.');
  return last.planes;
}

function meanDifference(one: Float32Array, other: Float32Array): number {
  expect(one.length).toBe(other.length);
  const clamp = (value: number): number => Math.min(1, Math.max(0, value));
  return one.reduce((sum, value, i) => sum + Math.abs(clamp(value) - clamp(at(other, i))), 0) / one.length;
}

describe('a whole img2img', () => {
  it.each(['epsilon', 'v'] as const)(
    'with %s prediction is the picture of diffusers and k-diffusion',
    async (prediction) => {
      const file = readFileSync(join(import.meta.dirname, 'diffusion/image', `${prediction}.f32`));
      const expected = new Float32Array(new Uint8Array(file).buffer);
      const source = await picture();
      const parts = nodeOpener();
      const { planned, networks } = await opened({}, tinyDiffusion(prediction), parts.open);
      const drawn = await drawnBy(new Refining({ ...planned.order, source: () => source }, networks));
      expect(drawn.filter(({ kind }) => kind === 'sketch')).toHaveLength(8);
      expect(meanDifference(pixels(drawn), expected)).toBeLessThan(0.1 / 255);
      // Only the part that works is held.
      expect(parts.most()).toBe(1);
      await networks.release();
      expect(parts.held()).toBe(0);
    },
  );

  it('finds out what the UNet predicts where no file tells', async () => {
    const source = await picture();
    const silent = tinyDiffusion('v').filter(({ name }) => !name.startsWith('scheduler'));
    const { planned, networks } = await opened({ steps: 1 }, silent);
    expect(networks.traits.prediction).toBe('epsilon');
    await drawnBy(new Refining({ ...planned.order, source: () => source }, networks));
    // Random weights do not give the noise back, as little as those that were trained to give the velocity.
    expect(networks.traits.prediction).toBe('v');
  });

  it('takes weights in any float dtype', async () => {
    const source = await picture();
    const drawn = async (stored: 'f32' | 'bf16' | 'f16'): Promise<Float32Array> => {
      const { planned, networks } = await opened({ steps: 3 }, tinyDiffusion('epsilon', stored));
      return pixels(await drawnBy(new Refining({ ...planned.order, source: () => source }, networks)));
    };
    const exact = await drawn('f32');
    expect(meanDifference(await drawn('f16'), exact)).toBeLessThan(1 / 255);
    expect(meanDifference(await drawn('bf16'), exact)).toBeLessThan(6 / 255);
  });

  it('goes on from any operation as if nothing had happened', async () => {
    const source = await picture();
    const tiles = { mode: 'joint', tile: 64, overlap: 16 } as const;
    const { planned, networks } = await opened({ steps: 5, tiles });
    const order = { ...planned.order, source: () => source };
    const whole = pixels(await drawnBy(new Refining(order, networks)));
    const stops = [1, 3, 4, 8, 9, 20];
    let refining = new Refining(order, networks);
    let drawn: Drawn[] = [];
    for (let index = 0; index < refining.operations.length; index++) {
      if (stops.includes(index)) {
        const state: RefineState = structuredClone(refining.state());
        refining = new Refining(order, networks, state);
      }
      const done = await refining.run(index);
      if (!done.ok) throw new Error(done.error.message);
      if (done.value) drawn = [...drawn, done.value];
    }
    expect(pixels(drawn)).toEqual(whole);
  });
});
