import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import type { Rect } from '../../picture/geometry.ts';
import { MemoryStore } from '../../picture/memory-store.ts';
import type { Depth, PixelBlock } from '../../picture/pixel-store.ts';
import type { GridTile } from './grid.ts';
import { readPadded } from './pad-to.ts';
import { RampJoiner } from './ramp-joiner.ts';
import { planSdUpscale, seedStep, type SdUpscalePlan } from './sd-upscale.ts';

const side = fc.integer({ min: 8, max: 150 });
const eights = fc.integer({ min: 1, max: 6 }).map((n) => n * 8);
const plans = fc
  .record({ width: side, height: side, across: eights, down: eights, overlap: fc.nat() })
  .map(({ width, height, across, down, overlap }) =>
    planSdUpscale(
      { width, height },
      { tile: { width: across, height: down }, overlap: overlap % Math.min(across, down) },
    ),
  );

function empty(size: { width: number; height: number }, depth: Depth): MemoryStore {
  const result = MemoryStore.create(size, depth);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function noise(length: number, depth: Depth, seed: number): PixelBlock['data'] {
  const data = depth === 8 ? new Uint8ClampedArray(length) : new Uint16Array(length);
  return data.map((_, i) => ((i + 1) * (2 * seed + 7) * 40503) % (depth === 8 ? 256 : 65536));
}

async function run(
  plan: SdUpscalePlan,
  depth: Depth,
  of: (tile: GridTile) => PixelBlock | Promise<PixelBlock>,
): Promise<{ pixels: PixelBlock; times: Uint8Array }> {
  const { picture, grid } = plan;
  const store = empty(picture, depth);
  const times = new Uint8Array(picture.width * picture.height);
  const joiner = new RampJoiner(plan, depth);
  for (const tile of grid.tiles) {
    const { rect, block } = joiner.add(tile, await of(tile));
    await store.write(rect, block);
    for (let y = rect.y; y < rect.y + rect.height; y++) {
      for (let x = rect.x; x < rect.x + rect.width; x++) {
        times[y * picture.width + x] = at(times, y * picture.width + x) + 1;
      }
    }
  }
  return { pixels: await store.read({ x: 0, y: 0, ...picture }), times };
}

describe('RampJoiner', () => {
  it('joins the tiles of one picture to that picture, each pixel once, at any size and depth', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.constantFrom<Depth>(8, 16), async (plan, depth) => {
        const source = empty(plan.picture, depth);
        const whole: Rect = { x: 0, y: 0, ...plan.picture };
        const data = noise(whole.width * whole.height * 4, depth, 3);
        await source.write(whole, { width: whole.width, height: whole.height, data });
        const { pixels, times } = await run(plan, depth, ({ rect }) => readPadded(source, rect));
        expect(times.every((count) => count === 1)).toBe(true);
        expect(pixels.data).toEqual(data);
      }),
      { numRuns: 30 },
    );
  });

  it('leads in a straight line from tile to tile, and begins with what was there', async () => {
    const plan = planSdUpscale({ width: 40, height: 16 }, { tile: { width: 24, height: 16 }, overlap: 8 });
    const { pixels } = await run(plan, 8, ({ index, rect: { width, height } }) => ({
      width,
      height,
      data: new Uint8ClampedArray(width * height * 4).fill(index * 255),
    }));
    const line = Array.from({ length: 40 }, (_, x) => pixels.data[x * 4]);
    expect(line.slice(0, 17)).toEqual(new Array(17).fill(0));
    expect(line.slice(16, 24)).toEqual([0, 31, 63, 95, 127, 159, 191, 223]);
    expect(line.slice(24)).toEqual(new Array(16).fill(255));
  });

  it('goes on from a checkpoint', async () => {
    const plan = planSdUpscale({ width: 60, height: 50 }, { tile: { width: 24, height: 24 }, overlap: 8 });
    const block = ({ index }: GridTile): PixelBlock => ({
      width: 24,
      height: 24,
      data: noise(24 * 24 * 4, 8, index),
    });
    const straight = new RampJoiner(plan, 8);
    let stopped = new RampJoiner(plan, 8);
    for (const tile of plan.grid.tiles) {
      const pending = stopped.pending();
      stopped.add(tile, block(tile));
      stopped = new RampJoiner(plan, 8, pending);
      expect(stopped.add(tile, block(tile))).toEqual(straight.add(tile, block(tile)));
    }
    expect(() => new RampJoiner(plan, 8, [new Uint8ClampedArray(4)])).toThrow('another plan');
  });
});

describe('seedStep', () => {
  it('adds one after each batch, and counts on within it', () => {
    expect([0, 1, 2, 3].map((index) => seedStep(index, 1))).toEqual([0, 1, 2, 3]);
    expect([0, 1, 2, 3, 4, 5].map((index) => seedStep(index, 3))).toEqual([0, 1, 2, 1, 2, 3]);
  });
});
