/** The prompt and the negative prompt in one call of the UNet, or one after the other: the same picture, and either way goes on as the other. */

import { describe, expect, it, vi } from 'vitest';
import { at } from '../../src/base/assert.ts';
import type { Failure } from '../../src/base/errors.ts';
import { fail } from '../../src/base/result.ts';
import { rectOf } from '../../src/picture/geometry.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { RefineStep } from '../../src/recipes/refine.ts';
import type { OpenPart } from '../../workers/engine/diffusion/part-session.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { emptyStore, nodeOpener, openRefining, refined, runPass, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

// Beside other work a run of many calls takes long.
vi.setConfig({ testTimeout: 60_000 });

/** Two tiles. */
const size = { width: 100, height: 64 };
const step: Omit<RefineStep, 'kind'> = {
  prompt: 'a cat',
  negative: 'blurry',
  guidance: 3,
  strength: 0.5,
  steps: 2,
  colour: 'none',
  tiles: { mode: 'joint', tile: 64, overlap: 16 },
};
const picture = storeOf(size, (x, y, channel) => 0.5 + 0.4 * Math.sin(0.2 * x) * Math.cos(0.1 * y * channel));
const files = tinyDiffusion('epsilon', 'f32', { control: true });
const plenty = { bytes: Infinity, binding: Infinity };

function largestDifference(one: PixelBlock, other: PixelBlock): number {
  expect(one.data).toHaveLength(other.data.length);
  return Math.max(...Array.from(one.data, (value, i) => Math.abs(value - at(other.data, i))));
}

/** The picture, and how often the UNet and the ControlNet were called for one and for two. */
async function run(more: Omit<RefineStep, 'kind'>, room: typeof plenty | null) {
  const parts = nodeOpener();
  const result = await refined(
    await openRefining({ ...step, ...more }, files, size, { room, open: parts.open }),
    await picture,
  );
  const counts = ['unet 1', 'unet 2', 'controlnet 1', 'controlnet 2'].map(
    (name) => parts.calls.get(name) ?? 0,
  );
  return { result, counts };
}

describe('predictions at once', () => {
  it.each([
    ['without a ControlNet', { control: { weight: 0 } }, [8, 0, 0, 0], [0, 4, 0, 0]],
    ['with one', {}, [8, 0, 8, 0], [0, 4, 0, 4]],
    ['with one that only the prompt sees', { control: { mode: 'control' } }, [8, 0, 4, 0], [0, 4, 4, 0]],
    ['with one for some steps', { control: { end: 0.3, mode: 'prompt' } }, [8, 0, 4, 0], [0, 4, 0, 2]],
  ] as const)('give what predictions in turn give, %s', async (_, more, apart, together) => {
    const [one, other] = [await run(more, null), await run(more, plenty)];
    expect([one.counts, other.counts]).toEqual([apart, together]);
    expect(largestDifference(one.result, other.result)).toBeLessThanOrEqual(1);
  });

  it('are not made where memory or bindings are too small', async () => {
    for (const room of [
      { bytes: 5e6, binding: Infinity },
      { bytes: Infinity, binding: 10_000 },
    ]) {
      expect((await run({}, room)).counts.slice(0, 2)).toEqual([8, 0]);
    }
  });

  it('are given up where memory fails, with a notice', async () => {
    const whole = nodeOpener();
    const open: OpenPart = (model, weights) =>
      model.inputs[0]?.shape?.[0] === 2
        ? Promise.resolve(fail('out-of-memory', 'No.'))
        : whole.open(model, weights);
    const notices: Failure[] = [];
    const means = { room: plenty, open, notice: (said: Failure) => notices.push(said) };
    const result = await refined(await openRefining(step, files, size, means), await picture);
    expect(notices).toMatchObject([{ code: 'out-of-memory', detail: { what: 'batch' } }]);
    expect(largestDifference(result, (await run({}, null)).result)).toBe(0);
  });

  it.each([
    ['at once', plenty, null],
    ['in turn', null, plenty],
  ])('that began %s go on the other way', async (_, first, second) => {
    const expected = (await run({}, null)).result;
    const context = { input: await picture, output: emptyStore(size), notice: () => undefined };
    const begun = refinePass(context, await openRefining(step, files, size, { room: first }));
    // Between the two texts of a tile.
    const stop = 2 + 1 + 5;
    await runPass(begun, 0, stop);
    const { refine } = structuredClone(begun.state());
    await begun.release?.();
    const opened = await openRefining(step, files, size, { room: second });
    const next = refinePass(context, { ...opened, ...(refine && { resumed: refine }) });
    await runPass(next, stop);
    await next.release?.();
    expect(largestDifference(await context.output.read(rectOf(size)), expected)).toBeLessThanOrEqual(1);
  });

  it('stay apart in another engine once they had to', async () => {
    const parts = nodeOpener();
    const context = { input: await picture, output: emptyStore(size), notice: () => undefined };
    const opened = await openRefining(step, files, size, { room: plenty, open: parts.open });
    const process = refinePass(context, await openRefining(step, files, size)).state().refine;
    expect(process?.inTurn).toBe(true);
    await runPass(refinePass(context, { ...opened, ...(process && { resumed: process }) }), 0, 5);
    expect(parts.calls.get('unet 1')).toBe(2);
    await opened.networks.release();
  });
});
