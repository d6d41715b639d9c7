/** A picture through a whole latent super-resolution, against diffusers' pipeline (`diffusion-ldsr-image.py`), and through the engine's pass. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { at } from '../../src/base/assert.ts';
import type { Result } from '../../src/base/result.ts';
import { Refining } from '../../src/diffusion/refine/refine.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import { rectOf, type Size } from '../../src/picture/geometry.ts';
import { MemoryStore } from '../../src/picture/memory-store.ts';
import type { PixelBlock, PixelStore } from '../../src/picture/pixel-store.ts';
import { blockFromPlanes } from '../../src/picture/planes.ts';
import { withLdsrDefaults, type LdsrStep } from '../../src/recipes/ldsr.ts';
import { prepareLdsr } from '../../workers/engine/diffusion/ldsr-open.ts';
import type { OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { emptyStore, nodeOpener, runPass, storeOf } from './refining.ts';
import { seeded } from './seeded.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';
import { tinyLdsr } from './tiny-ldsr.ts';

// Beside other work a run of many calls takes long.
vi.setConfig({ testTimeout: 60_000 });

const side = 32;
const step: LdsrStep = { kind: 'ldsr', steps: 8, seed: 5, noise: 'mt19937' };

async function opened(
  size: Size,
  more: Partial<LdsrStep> = {},
  files: readonly NamedBlob[] = tinyLdsr(),
  { vaeTile = 128, packed = false, parts = nodeOpener() } = {},
): Promise<Result<OpenedRefine>> {
  const full = withLdsrDefaults({ ...step, ...more });
  const how = { precision: 'fp32', vaeTile, ...(packed ? { halves: false, widened: 0 } : {}) } as const;
  return prepareLdsr(full, files, size, how, parts.open, () => undefined);
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** In the levels of 8 bits, as the script has it. */
async function picture(): Promise<MemoryStore> {
  const size = { width: side, height: side };
  const store = MemoryStore.over(size, 8, new ArrayBuffer(4 * side * side));
  await store.write(rectOf(size), blockFromPlanes(seeded('picture', [3, side, side], 0, 1), null, size, 8));
  return store;
}

function enlargedStore({ width, height }: Size): MemoryStore {
  return emptyStore({ width: 4 * width, height: 4 * height });
}

/** The picture four times as large, through the engine's pass. */
async function enlarged(input: PixelStore, opening: OpenedRefine): Promise<PixelBlock> {
  const output = enlargedStore(input);
  const work = refinePass({ input, output, notice: () => undefined }, opening);
  await runPass(work);
  await work.release?.();
  return output.read(rectOf(output));
}

function meanDifference(one: PixelBlock, other: PixelBlock): number {
  expect(one.data).toHaveLength(other.data.length);
  const differences = Array.from(one.data, (level, i) => Math.abs(level - at(other.data, i)));
  return differences.reduce((sum, level) => sum + level, 0) / differences.length;
}

describe('latent super-resolution', () => {
  it("gives what diffusers' pipeline gives, with the parts held one after the other", async () => {
    const file = readFileSync(join(import.meta.dirname, 'diffusion/ldsr/image.f32'));
    const expected = new Float32Array(new Uint8Array(file).buffer);
    const source = await picture();
    const parts = nodeOpener();
    const { planned, networks } = value(await opened(source, {}, tinyLdsr(), { parts }));
    const refining = new Refining({ ...planned.order, source: () => source }, networks);
    expect(refining.operations.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 8 }, () => 'predict'),
      'decode',
    ]);
    let planes = new Float32Array(0);
    for (const index of refining.operations.keys()) {
      const drawn = value(await refining.run(index));
      if (drawn?.kind === 'pixels') ({ planes } = drawn);
    }
    await networks.release();
    expect([parts.most(), parts.held()]).toEqual([1, 0]);
    expect(planes).toHaveLength(expected.length);
    const clamp = (level: number): number => Math.min(1, Math.max(0, level));
    const errors = Array.from(expected, (level, i) => Math.abs(level - clamp(at(planes, i))));
    expect(Math.max(...errors)).toBeLessThan(1e-3);
  });

  it('is the same from a single file, and from one that the recipe names', async () => {
    const source = await picture();
    const of = async (files: readonly NamedBlob[], more: Partial<LdsrStep> = {}): Promise<PixelBlock> =>
      enlarged(source, value(await opened(source, { steps: 2, ...more }, files)));
    const expected = await of(tinyLdsr());
    expect(await of(tinyLdsr('single'))).toEqual(expected);
    const both = [...tinyDiffusion(), ...tinyLdsr('single')];
    expect(await of(both, { weights: { checkpoint: 'last.ckpt' } })).toEqual(expected);
    expect(await opened(source, { weights: { checkpoint: 'gone' } }, both)).toMatchObject({
      ok: false,
      error: { code: 'model-unavailable', detail: { file: 'gone' } },
    });
  });

  it('is brought to 8 bits where a GPU computes nothing in half precision and has too many weights', async () => {
    const source = await picture();
    const of = async (packed: boolean): Promise<PixelBlock> =>
      enlarged(source, value(await opened(source, { steps: 2 }, tinyLdsr(), { packed })));
    const difference = meanDifference(await of(true), await of(false));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(4);
  });

  it('joins tiles of any picture, repeats the edges of small ones, and enlarges alpha', async () => {
    for (const size of [
      { width: 5, height: 3 },
      { width: 70, height: 33 },
    ]) {
      const plain = await storeOf(size, (x, y) => 0.5 + 0.4 * Math.sin(0.3 * x) * Math.cos(0.2 * y));
      const seen = await plain.read(rectOf(size));
      for (let i = 3; i < seen.data.length; i += 4) seen.data[i] = i % 8 === 3 ? 255 : 100;
      await plain.write(rectOf(size), seen);
      const parts = nodeOpener();
      const tiled = value(
        await opened(size, { steps: 2, tile: 32, overlap: 8 }, tinyLdsr(), { vaeTile: 24, parts }),
      );
      const result = await enlarged(plain, tiled);
      expect([result.width, result.height]).toEqual([4 * size.width, 4 * size.height]);
      expect(new Set(result.data.filter((_, i) => i % 4 === 3)).size).toBeGreaterThan(2);
      expect(parts.held()).toBe(0);
      // No place is left as it was.
      const places = Array.from({ length: result.data.length / 4 }, (_, i) =>
        result.data.slice(4 * i, 4 * i + 3),
      );
      expect(places.filter((rgb) => rgb.every((level) => level === 0)).length).toBeLessThan(
        places.length / 10,
      );
    }
  });

  it('goes on from any call, in another engine too, as if nothing had happened', async () => {
    const size = { width: 50, height: 40 };
    const input = await storeOf(size, (x, y) => ((x >> 2) + (y >> 2)) % 2);
    const more = { steps: 2, tile: 32, overlap: 8 };
    const expected = await enlarged(input, value(await opened(size, more, tinyLdsr(), { vaeTile: 32 })));
    const output = enlargedStore(size);
    const context = { input, output, notice: () => undefined };
    const parts = nodeOpener();
    const means = { vaeTile: 32, parts };
    let work = refinePass(context, value(await opened(size, more, tinyLdsr(), means)));
    const { tiles } = work;
    for (let index = 0; index < tiles; index++) {
      await runPass(work, index, index + 1);
      const { refine } = structuredClone(work.state());
      await work.release?.();
      const next = value(await opened(size, more, tinyLdsr(), means));
      work = refinePass(context, { ...next, ...(refine && { resumed: refine }) });
    }
    expect(parts.held()).toBe(0);
    expect(await output.read(rectOf(output))).toEqual(expected);
  });

  it('draws another picture for another seed, and one without noise of its own for eta 0', async () => {
    const source = await picture();
    const of = async (more: Partial<LdsrStep>): Promise<PixelBlock> =>
      enlarged(source, value(await opened(source, { steps: 2, ...more })));
    const first = await of({});
    expect(await of({})).toEqual(first);
    expect(meanDifference(await of({ seed: 6 }), first)).toBeGreaterThan(1);
    expect(meanDifference(await of({ eta: 0 }), first)).toBeGreaterThan(1);
  });

  it.each([
    [0, 'unet', 'network'],
    [1, 'vqvae', 'decoder'],
  ])('says what is missing (%i)', async (index, file, part) => {
    const found = await opened({ width: 8, height: 8 }, {}, tinyLdsr().toSpliced(index, 1));
    expect(found).toMatchObject({
      ok: false,
      error: { code: 'model-unavailable', detail: { parts: `ldsr-${part}` } },
    });
    expect(found.ok ? '' : found.error.message).toContain(`${file}/diffusion_pytorch_model.safetensors`);
  });
});
