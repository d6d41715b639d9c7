import { afterEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/base/errors.ts';
import { area, rectOf, type Size } from '../../src/picture/geometry.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { Recipe, UpscaleStep } from '../../src/recipes/recipe.ts';
import { orient, orientations, orientedSize, type Orientation } from './steps/augment.ts';
import { Desk, maxDifference, testPicture } from './testing/desk.ts';
import { tinyModel } from './testing/tiny-model.ts';

const models = [await tinyModel('one', 1), await tinyModel('two', 2), await tinyModel('three', 3)];
const size = { width: 45, height: 37 };

let desk: Desk;

async function open(choice: 'wasm' | 'webgpu' = 'wasm'): Promise<Desk> {
  desk = new Desk();
  const started = await desk.engine.start({ choice, threads: 2 });
  if (!started.ok) throw new Error(started.error.message);
  return desk;
}

afterEach(() => {
  desk.end();
});

function recipeOf(more: Partial<UpscaleStep> = {}, by = 2): Recipe {
  return { version: 1, steps: [{ kind: 'upscale', model: 'one', size: { by }, ...more }] };
}

async function run(recipe: Recipe, tile = 500): Promise<PixelBlock> {
  return (await desk.enlarge({ pictureId: 'picture', recipe, models, tile })).picture;
}

/** Every sample made of two, as the reference. */
function combined(
  a: PixelBlock,
  b: PixelBlock,
  make: (a: number, b: number, at: number) => number,
): PixelBlock {
  return { ...a, data: new Uint8ClampedArray(a.data.map((value, i) => make(value, b.data[i] ?? 0, i % 4))) };
}

/** A picture in an orientation, by way of its planes. */
function turned(block: PixelBlock, orientation: Orientation): PixelBlock {
  const count = area(block);
  const planes = Float32Array.from(
    { length: count * 4 },
    (_, i) => block.data[(i % count) * 4 + Math.floor(i / count)] ?? 0,
  );
  const done = orient(planes, block, orientation);
  const data = Uint8ClampedArray.from({ length: count * 4 }, (_, i) => done[(i % 4) * count + (i >> 2)] ?? 0);
  return { ...orientedSize(block, orientation), data };
}

function back({ mirror, flip, transpose }: Orientation): Orientation {
  return transpose ? { mirror: flip, flip: mirror, transpose } : { mirror, flip, transpose };
}

const shaded = (x: number, y: number): number => (x < 12 ? 0 : x > 30 ? 255 : (x - 12) * 14 + (y % 3));

describe('a second upscaler', () => {
  it('is mixed in: a model, a classic filter, with alpha; tiled as untiled', async () => {
    await open();
    await desk.put('picture', testPicture(size, shaded));
    const first = await run(recipeOf({}, 3));
    for (const model of ['two', 'bicubic']) {
      const step = recipeOf({ model }, 3);
      const classic: Recipe = { version: 1, steps: [{ kind: 'resize', filter: 'bicubic', size: { by: 3 } }] };
      const second = await run(model === 'two' ? step : classic);
      expect(maxDifference(first, second)).toBeGreaterThan(8);
      const expected = combined(first, second, (a, b) => a * 0.7 + b * 0.3);
      const recipe = recipeOf({ second: { model, visibility: 0.3 } }, 3);
      expect(maxDifference(await run(recipe), expected)).toBeLessThanOrEqual(1);
    }
    await desk.put('picture', testPicture(size));
    const recipe = recipeOf({ second: { model: 'two', visibility: 0.3 } });
    expect(maxDifference(await run(recipe, 24), await run(recipe))).toBeLessThanOrEqual(1);
  });

  it('runs nothing that is not seen, and leaves nothing on the shelf', async () => {
    await open();
    await desk.put('picture', testPicture(size));
    const only = (visibility: number): Recipe => recipeOf({ second: { model: 'two', visibility } });
    const job = { pictureId: 'picture', tile: 500 };
    const hidden = await desk.enlarge({ ...job, recipe: only(0), models: models.slice(0, 1) });
    expect(hidden.done.tiles).toBe(1);
    expect(hidden.picture).toEqual(await run(recipeOf()));
    const alone = await desk.enlarge({ ...job, recipe: only(1), models: models.slice(1, 2) });
    expect(alone.picture).toEqual(await run(recipeOf({ model: 'two' })));
    const both = await desk.enlarge({ ...job, recipe: only(0.5), models, jobId: 'both' });
    expect(both.done.tiles).toBe(3);
    for (const pass of [0, 1, 2]) expect(await desk.has(`both/pass-${pass}`)).toBe(false);
  });

  it('keeps every model of a recipe open, however many', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 20, height: 16 }));
    const recipe: Recipe = {
      version: 1,
      steps: ['one', 'two', 'three', 'one'].map((model) => ({ kind: 'upscale', model, size: { by: 2 } })),
    };
    expect((await run(recipe)).width).toBe(320);
  });

  it('pauses, and is cancelled, in the middle of the second branch', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 90, height: 90 }));
    const states: string[] = [];
    let passes: number[] = [];
    const outcome = await desk.engine.run(
      {
        jobId: 'job',
        pictureId: 'picture',
        resultId: 'result',
        recipe: recipeOf({ second: { model: 'two', visibility: 0.5 } }),
        models,
        tile: 30,
        previewPixels: 0,
      },
      (event) => {
        if (event.kind === 'tile') {
          passes = [...passes, event.pass];
          if (event.pass === 1 && passes.filter((pass) => pass === 1).length === 3)
            void desk.engine.pause('job');
        }
        if (event.kind !== 'state') return;
        states.push(event.state);
        if (event.state === 'paused') void desk.engine.resume('job');
        else void desk.engine.cancel('job');
      },
    );
    expect(states).toEqual(['paused', 'running']);
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'cancelled' }, checkpoint: null });
    expect(passes.includes(2)).toBe(false);
    for (const id of ['result', 'job/pass-0', 'job/pass-1']) expect(await desk.has(id)).toBe(false);
  });

  it('goes on when the GPU is lost in the middle of the second branch', async () => {
    const picture = testPicture({ width: 60, height: 40 }, shaded);
    const recipe = recipeOf({ second: { model: 'two', visibility: 0.4 }, alpha: 'nearest' });
    const job = { pictureId: 'picture', recipe, models, tile: 30 };
    await open('wasm');
    await desk.put('picture', picture);
    const expected = await desk.enlarge(job);
    desk.end();

    await open('webgpu');
    await desk.put('picture', picture);
    const notices: Failure[] = [];
    let seen = 0;
    const { done, picture: result } = await desk.enlarge(job, (event) => {
      if (event.kind === 'notice') notices.push(event.notice);
      if (event.kind === 'tile' && event.pass === 1 && ++seen === 3) void desk.engine.loseGpu();
    });
    expect(notices.map(({ code }) => code)).toEqual(['gpu-lost']);
    expect(done.tiles).toBe(expected.done.tiles);
    expect(maxDifference(result, expected.picture)).toBeLessThanOrEqual(2);
  });
});

describe('extra quality', () => {
  it('is the mean of the runs in every orientation', async () => {
    await open();
    // Of little contrast: single runs are clamped to what a picture can hold, the mean is not.
    const picture = combined(testPicture(size), testPicture(size), (a, _, at) =>
      at === 3 ? 255 : 100 + a / 5,
    );
    for (const extraQuality of [2, 8] as const) {
      const sum = new Float64Array(area(size) * 16);
      for (const one of orientations(extraQuality)) {
        await desk.put('picture', turned(picture, one));
        const straight = turned(await run(recipeOf()), back(one));
        for (const [i, value] of straight.data.entries()) sum[i] = (sum[i] ?? 0) + value / extraQuality;
      }
      await desk.put('picture', picture);
      const done = await run(recipeOf({ extraQuality }));
      expect(maxDifference(done, { ...done, data: Uint8ClampedArray.from(sum) })).toBeLessThanOrEqual(1);
      // And it is not what a single run gives.
      expect(maxDifference(done, await run(recipeOf()))).toBeGreaterThan(1);
    }
  });

  it('turns with the picture, and alpha with it', async () => {
    await open();
    const picture = testPicture(size, shaded);
    await desk.put('picture', picture);
    const straight = await run(recipeOf({ extraQuality: 8 }));
    for (const one of orientations(8).slice(1)) {
      await desk.put('picture', turned(picture, one));
      const result = turned(await run(recipeOf({ extraQuality: 8 })), back(one));
      expect(maxDifference(result, straight)).toBeLessThanOrEqual(1);
    }
  });

  it('gives the same picture however it is cut', async () => {
    await open();
    for (const of of [
      { width: 1, height: 1 },
      { width: 7, height: 45 },
      { width: 61, height: 33 },
    ] satisfies Size[]) {
      await desk.put('picture', testPicture(of));
      const recipe = recipeOf({ extraQuality: 8 });
      expect(maxDifference(await run(recipe, 24), await run(recipe))).toBeLessThanOrEqual(1);
    }
  });
});

describe('transparency', () => {
  const filtered = (filter: 'nearest' | 'lanczos3', by: number): Recipe => ({
    version: 1,
    steps: [{ kind: 'resize', filter, size: { by } }],
  });

  it('by a filter is that filter exactly, on the colours of the model', async () => {
    await open();
    const hard = testPicture(size, (x, y) => (x < 10 || (x < 20 && (x + y) % 3 === 0) ? 0 : 255));
    await desk.put('picture', hard);
    const byModel = await run(recipeOf({}, 3));
    for (const alpha of ['nearest', 'lanczos3'] as const) {
      const done = await run(recipeOf({ alpha }, 3));
      const byFilter = await run(filtered(alpha, 3));
      expect(done.data.filter((_, i) => i % 4 === 3)).toEqual(byFilter.data.filter((_, i) => i % 4 === 3));
      expect(done).not.toEqual(byModel);
      // The colours are the model's; near transparency the last resample weighs them otherwise.
      const differences = done.data.map((value, i) => {
        const x = (i >> 2) % done.width;
        return x < 30 * 3 ? 0 : Math.abs(value - (byModel.data[i] ?? 0));
      });
      expect(Math.max(...differences)).toBe(0);
    }
    const levels = new Set((await run(recipeOf({ alpha: 'nearest' }, 3))).data.filter((_, i) => i % 4 === 3));
    expect([...levels].sort()).toEqual([0, 255]);
  });

  it('leaves what a pad adds as it is', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 20, height: 10 }, shaded));
    const pad = { width: 60, height: 60, fit: 'pad', background: '#ff000080' } as const;
    const recipe: Recipe = {
      version: 1,
      steps: [{ kind: 'upscale', model: 'one', size: pad, alpha: 'nearest' }],
    };
    const done = await run(recipe);
    expect([...done.data.subarray(0, 4)]).toEqual([255, 0, 0, 128]);
    expect(done.data[(30 * 60 + 5) * 4 + 3]).toBe(0);
    expect(done.data[(30 * 60 + 58) * 4 + 3]).toBe(shaded(19, 5));
  });

  it('gives way to a colour', async () => {
    await open();
    const picture = testPicture(size, shaded);
    await desk.put('picture', picture);
    const done = await run(
      recipeOf({ alpha: { onto: '#ffffff' }, second: { model: 'bicubic', visibility: 0.5 } }),
    );
    const flat = combined(picture, picture, (a, _, at) => a + at * 0);
    for (let i = 0; i < flat.data.length; i += 4) {
      const alpha = (flat.data[i + 3] ?? 0) / 255;
      for (const at of [0, 1, 2])
        flat.data[i + at] = Math.round(255 + ((flat.data[i + at] ?? 0) - 255) * alpha);
      flat.data[i + 3] = 255;
    }
    await desk.put('picture', flat);
    expect(done).toEqual(await run(recipeOf({ second: { model: 'bicubic', visibility: 0.5 } })));
    expect(rectOf(done)).toEqual({ x: 0, y: 0, width: 90, height: 74 });
  });
});
