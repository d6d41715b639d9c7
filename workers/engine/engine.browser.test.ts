import { afterEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/base/errors.ts';
import type { JobEvent } from '../../src/protocol/engine.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { Desk, maxDifference, testPicture } from './testing/desk.ts';
import { tinyModel } from './testing/tiny-model.ts';

const model = await tinyModel();
const twice: Recipe = { version: 1, steps: [{ kind: 'upscale', model: 'tiny', size: { by: 2 } }] };

let desk: Desk;

async function open(choice: 'auto' | 'wasm' | 'webgpu' = 'wasm'): Promise<Desk> {
  desk = new Desk();
  const started = await desk.engine.start({ choice, threads: 2 });
  if (!started.ok) throw new Error(started.error.message);
  return desk;
}

afterEach(() => {
  desk.end();
});

describe('backends', () => {
  it('does not use a software adapter unless it is asked for by name', async () => {
    await open('auto');
    const prepared = await desk.engine.prepare(model);
    expect(prepared).toMatchObject({
      ok: true,
      value: {
        backend: { backend: 'wasm', build: 'wasm', reason: 'software-adapter', adapter: { fallback: true } },
        measured: { model: 'tiny', backend: 'wasm' },
      },
    });
    expect(prepared.ok && prepared.value.measured.pixelsPerSecond).toBeGreaterThan(0);
  });

  it('agrees on WebGPU and WASM within 2/255', async () => {
    const picture = testPicture({ width: 45, height: 37 });
    const results = [];
    for (const choice of ['wasm', 'webgpu'] as const) {
      await open(choice);
      await desk.put('picture', picture);
      const { done, picture: result } = await desk.enlarge({
        pictureId: 'picture',
        recipe: twice,
        models: [model],
        tile: 24,
      });
      expect(done.backend).toMatchObject({ backend: choice, reason: 'chosen' });
      expect(done.tiles).toBeGreaterThan(1);
      results.push(result);
      desk.end();
    }
    const [wasm, webgpu] = results;
    expect(wasm && webgpu && maxDifference(wasm, webgpu)).toBeLessThanOrEqual(2);
  });

  it('times a network without its weights', async () => {
    await open();
    const measured = await desk.engine.measure(model.card);
    expect(measured).toMatchObject({ ok: true, value: { model: 'tiny', backend: 'wasm' } });
  });
});

describe('a job', () => {
  it('gives the same picture however it is cut', async () => {
    await open();
    for (const size of [
      { width: 1, height: 1 },
      { width: 7, height: 45 },
      { width: 61, height: 33 },
    ]) {
      await desk.put('picture', testPicture(size));
      const job = { pictureId: 'picture', recipe: twice, models: [model] };
      const whole = await desk.enlarge({ ...job, tile: 500 });
      const tiled = await desk.enlarge({ ...job, tile: 24 });
      expect(whole.done.tiles).toBe(1);
      expect([tiled.picture.width, tiled.picture.height]).toEqual([size.width * 2, size.height * 2]);
      expect(maxDifference(tiled.picture, whole.picture)).toBeLessThanOrEqual(1);
    }
  });

  it('tells its passes, progress that never falls, and previews that cover the result', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 40, height: 40 }));
    const events: JobEvent[] = [];
    const { done } = await desk.enlarge(
      {
        pictureId: 'picture',
        recipe: { version: 1, steps: [{ kind: 'upscale', model: 'tiny', size: { by: 3 } }] },
        models: [model],
        tile: 30,
        previewPixels: 120 * 120,
      },
      (event) => events.push(event),
    );
    expect([done.width, done.height]).toEqual([120, 120]);
    const passes = events.find((event) => event.kind === 'passes')?.passes ?? [];
    expect(passes.map(({ kind }) => kind)).toEqual(['model', 'model', 'resample']);
    const ticks = events.filter((event) => event.kind === 'tile');
    const progress = ticks.map((tick) => tick.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBeCloseTo(1);
    expect(ticks.at(-1)).toMatchObject({ tile: done.tiles, tiles: done.tiles });
    const covered = events.reduce(
      (sum, event) =>
        event.kind === 'preview' && event.pass === 2 ? sum + event.rect.width * event.rect.height : sum,
      0,
    );
    expect(covered).toBe(120 * 120);
  });

  it('keeps opaque parts opaque and clear parts clear, and shades what lies between', async () => {
    await open();
    const edge = testPicture({ width: 48, height: 24 }, (x) => (x < 20 ? 0 : x > 28 ? 255 : (x - 20) * 32));
    await desk.put('picture', edge);
    const { picture, done } = await desk.enlarge({
      pictureId: 'picture',
      recipe: twice,
      models: [model],
      tile: 24,
    });
    const alphaAt = (x: number): number => picture.data[(24 * picture.width + x) * 4 + 3] ?? -1;
    expect(done.opaque).toBe(false);
    expect([alphaAt(4), alphaAt(90)]).toEqual([0, 255]);
    const between = Array.from({ length: 16 }, (_, i) => alphaAt(40 + i));
    expect(between.some((alpha) => alpha > 20 && alpha < 235)).toBe(true);
  });

  it('pauses, goes on, and can be cancelled at any tile', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 200, height: 200 }));
    const states: string[] = [];
    let tiles = 0;
    const outcome = await desk.engine.run(
      {
        jobId: 'job',
        pictureId: 'picture',
        resultId: 'result',
        recipe: twice,
        models: [model],
        tile: 24,
        previewPixels: 0,
      },
      (event) => {
        if (event.kind === 'tile' && ++tiles === 3) void desk.engine.pause('job');
        if (event.kind !== 'state') return;
        states.push(event.state);
        if (event.state === 'paused') void desk.engine.resume('job');
        else void desk.engine.cancel('job');
      },
    );
    expect(states).toEqual(['paused', 'running']);
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'cancelled' }, checkpoint: null });
    expect(await desk.has('result')).toBe(false);
    expect(await desk.has('picture')).toBe(true);
  });

  it('crops, pads and stretches to an exact size', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 40, height: 20 }));
    for (const fit of ['crop', 'pad', 'stretch'] as const) {
      const size = { width: 50, height: 50, fit, background: '#ff0000' };
      const { picture } = await desk.enlarge({
        pictureId: 'picture',
        recipe: { version: 1, steps: [{ kind: 'upscale', model: 'tiny', size }] },
        models: [model],
      });
      expect([picture.width, picture.height]).toEqual([50, 50]);
      const corner = [...picture.data.subarray(0, 4)];
      if (fit === 'pad') expect(corner).toEqual([255, 0, 0, 255]);
      else expect(corner).not.toEqual([255, 0, 0, 255]);
    }
  });
});

describe('trouble', () => {
  it('goes on from the tiles it has when the GPU is lost in the middle', async () => {
    const picture = testPicture({ width: 60, height: 40 });
    await open('wasm');
    await desk.put('picture', picture);
    const job = { pictureId: 'picture', recipe: twice, models: [model], tile: 24 };
    const expected = await desk.enlarge(job);
    desk.end();

    await open('webgpu');
    await desk.put('picture', picture);
    const notices: Failure[] = [];
    const seen: number[] = [];
    let lost = false;
    const { done, picture: result } = await desk.enlarge(job, (event) => {
      if (event.kind === 'notice') notices.push(event.notice);
      if (event.kind !== 'tile') return;
      seen.push(event.tile);
      if (event.tile === 2 && !lost) {
        lost = true;
        void desk.engine.loseGpu();
      }
    });
    expect(notices.map(({ code }) => code)).toEqual(['gpu-lost']);
    expect(done.tiles).toBe(expected.done.tiles);
    expect(seen).toEqual([...seen].sort((a, b) => a - b)); // no tile is run twice
    expect(maxDifference(result, expected.picture)).toBeLessThanOrEqual(2);
    expect(await desk.has('picture')).toBe(true);
  });

  it('gives up a GPU that is lost again and again, and says so', async () => {
    await open('webgpu');
    await desk.put('picture', testPicture({ width: 30, height: 20 }));
    const { done } = await desk.enlarge({ pictureId: 'picture', recipe: twice, models: [model] }, (event) => {
      if (event.kind === 'tile' && event.tile === 0) void desk.engine.loseGpu();
    });
    expect(done.backend).toMatchObject({ backend: 'wasm', reason: 'gpu-lost' });
  });

  it('answers what was running when the worker dies, says what is gone, and works again', async () => {
    await open();
    let lost = 0;
    desk.engine.onShelfLost = () => lost++;
    await desk.put('picture', testPicture({ width: 200, height: 200 }));
    const outcome = await desk.engine.run(
      {
        jobId: 'job',
        pictureId: 'picture',
        resultId: 'result',
        recipe: twice,
        models: [model],
        tile: 24,
        previewPixels: 0,
      },
      (event) => {
        if (event.kind === 'tile' && event.tile === 1) desk.engine.end();
      },
    );
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'worker-died' } });
    expect(lost).toBe(1);
    expect(await desk.engine.prepare(model)).toMatchObject({ ok: true });
  });

  it('names a model that the recipe asks for and nobody gave', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 8, height: 8 }));
    const outcome = await desk.engine.run(
      { jobId: 'job', pictureId: 'picture', resultId: 'result', recipe: twice, models: [], previewPixels: 0 },
      () => undefined,
    );
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'model-unknown' } });
  });

  it('refuses a damaged model', async () => {
    await open();
    const cut = { ...model, bytes: model.bytes.slice(0, 300) };
    expect(await desk.engine.prepare(cut)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('refuses a result that memory cannot hold, with its numbers', async () => {
    await open();
    await desk.put('picture', testPicture({ width: 8, height: 8 }));
    const outcome = await desk.engine.run(
      {
        jobId: 'job',
        pictureId: 'picture',
        resultId: 'result',
        recipe: {
          version: 1,
          steps: [
            { kind: 'resize', filter: 'nearest', size: { width: 65535, height: 65535, fit: 'stretch' } },
          ],
        },
        models: [],
        previewPixels: 0,
      },
      () => undefined,
    );
    expect(outcome).toMatchObject({
      kind: 'stopped',
      error: { code: 'output-too-large', detail: { width: 65535, height: 65535 } },
    });
    expect(await desk.has('picture')).toBe(true);
  });
});
