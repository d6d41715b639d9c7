import { afterEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../src/base/errors.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { DiffusionSource, JobRequest } from '../../src/protocol/engine.ts';
import type { RefineStep } from '../../src/recipes/refine.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { tinyDiffusion } from '../../scripts/reference/tiny-diffusion.ts';
import { Desk, testPicture } from './testing/desk.ts';
import { tinyModel } from './testing/tiny-model.ts';

const diffusion: DiffusionSource = {
  files: tinyDiffusion(),
  merges: await (await fetch('/models/clip/merges.txt')).blob(),
};
const model = await tinyModel();
/** Of two tiles by two. */
const size = { width: 90, height: 70 };
/** Of one. */
const small = { width: 64, height: 64 };
const tiles = { mode: 'joint', tile: 64, overlap: 16 } as const;

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

/** Two evaluations, each with and without the prompt. */
function recipeOf(more: Partial<RefineStep> = {}, before: Recipe['steps'] = []): Recipe {
  const step: RefineStep = { kind: 'refine', prompt: 'a (sharp:1.2) photo', steps: 5, seed: 5, tiles };
  return { version: 1, steps: [...before, { ...step, ...more }] };
}

function jobOf(recipe: Recipe): Omit<JobRequest, 'jobId' | 'resultId' | 'previewPixels'> {
  return { pictureId: 'picture', recipe, models: [model], diffusion };
}

async function run(recipe: Recipe): Promise<PixelBlock> {
  return (await desk.enlarge(jobOf(recipe))).picture;
}

function meanDifference(a: PixelBlock, b: PixelBlock): number {
  let sum = a.data.length === b.data.length ? 0 : Infinity;
  for (const [i, value] of a.data.entries()) sum += Math.abs(value - (b.data[i] ?? 0));
  return sum / a.data.length;
}

describe('refining', () => {
  it('redraws an enlarged picture, keeps its size and alpha, and repeats itself', async () => {
    await open();
    await desk.put(
      'picture',
      testPicture({ width: 45, height: 35 }, (x) => (x < 20 ? 128 : 255)),
    );
    const before: Recipe['steps'] = [{ kind: 'upscale', model: 'tiny', size: { by: 2 } }];
    const enlarged = await run({ version: 1, steps: before });
    const { done, picture } = await desk.enlarge(jobOf(recipeOf({}, before)));
    expect(done).toMatchObject({ ...size, opaque: false });
    expect(meanDifference(picture, enlarged)).toBeGreaterThan(1);
    const alpha = ({ data }: PixelBlock): unknown => data.filter((_, i) => i % 4 === 3);
    expect(alpha(picture)).toEqual(alpha(enlarged));
    expect(await run(recipeOf({}, before))).toEqual(picture);
    expect(await run(recipeOf({ seed: 6 }, before))).not.toEqual(picture);
  });

  it('shows how far it is, and what each tile is going to be', async () => {
    await open();
    await desk.put('picture', testPicture(size));
    const progress: number[] = [];
    const rects: string[] = [];
    const sides = new Set<string>();
    const { done } = await desk.enlarge({ ...jobOf(recipeOf()), previewPixels: 1e6 }, (event) => {
      if (event.kind === 'tile') progress.push(event.progress);
      if (event.kind !== 'preview' || event.pass !== 0) return;
      const { x, y, width, height } = event.rect;
      rects.push([x, y, width, height].join(' '));
      sides.add(`${event.bitmap.width} ${event.bitmap.height}`);
      event.bitmap.close();
    });
    // Two texts, one tile of the VAE there and back, the colours; the UNet for four tiles, twice with two prompts.
    expect(done.tiles).toBe(2 + 1 + 1 + 1 + 2 * 4 * 2);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    const sketches = ['0 0 64 64', '26 0 64 64', '0 6 64 64', '26 6 64 64'];
    expect(rects.at(-1)).toBe('0 0 90 70');
    expect(rects.slice(0, -1)).toHaveLength(2 * sketches.length);
    expect(sides).toContain('8 8');
  });

  it('redraws in the ways of SD Upscale and Ultimate SD Upscale, from tile to tile', async () => {
    await open();
    const picture = testPicture({ width: 72, height: 40 });
    await desk.put('picture', picture);
    for (const mode of ['sd-upscale', 'ultimate'] as const) {
      const step = recipeOf({ tiles: { mode, tile: 64 }, guidance: 1, steps: 2, colour: 'none' });
      const redrawn = await run(step);
      expect(meanDifference(redrawn, picture)).toBeGreaterThan(1);
      expect(meanDifference(redrawn, picture)).toBeLessThan(90);
    }
  });

  it('is cancelled while its model is made ready', async () => {
    await open();
    await desk.put('picture', testPicture(small));
    const heard: string[] = [];
    // Every tensor has to be made another.
    const source = { ...diffusion, files: tinyDiffusion('epsilon', 'bf16') };
    const job = { ...jobOf(recipeOf()), diffusion: source };
    const running = desk.engine.run(
      { ...job, jobId: 'job', resultId: 'result', previewPixels: 0 },
      ({ kind }) => heard.push(kind),
    );
    setTimeout(() => void desk.engine.cancel('job'), 30);
    expect(await running).toMatchObject({ kind: 'stopped', error: { code: 'cancelled' }, checkpoint: null });
    expect(heard).toEqual([]);
    expect(await desk.has('result')).toBe(false);
  });

  it('is cancelled within one call, and leaves nothing', async () => {
    await open();
    await desk.put('picture', testPicture(size));
    let late = -1;
    const outcome = await desk.engine.run(
      { jobId: 'job', resultId: 'result', previewPixels: 0, ...jobOf(recipeOf({ steps: 40 })) },
      (event) => {
        if (event.kind !== 'tile') return;
        if (late >= 0 || event.tile === 6) late++;
        if (event.tile === 6) void desk.engine.cancel('job');
      },
    );
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'cancelled' }, checkpoint: null });
    expect(late).toBeLessThanOrEqual(1);
    for (const id of ['result', 'job/pass-0', 'job/pass-1']) expect(await desk.has(id)).toBe(false);
    expect(await desk.has('picture')).toBe(true);
    expect((await run(recipeOf())).width).toBe(90);
  });

  const slow = { timeout: 400_000 };
  it(
    'gives on the GPU what it gives on the CPU, also when the GPU is lost while it denoises',
    slow,
    async () => {
      const picture = testPicture(small);
      const recipe = recipeOf({ negative: 'blurry' });
      await open();
      await desk.put('picture', picture);
      const expected = await desk.enlarge(jobOf(recipe));
      expect(meanDifference(expected.picture, picture)).toBeGreaterThan(1);
      desk.end();

      await open('webgpu');
      await desk.put('picture', picture);
      const notices: Failure[] = [];
      const seen: number[] = [];
      const { done, picture: result } = await desk.enlarge(jobOf(recipe), (event) => {
        if (event.kind === 'notice') notices.push(event.notice);
        if (event.kind !== 'tile' || event.pass !== 0) return;
        // After two texts, encoding and one evaluation of the UNet.
        if (event.tile === 5 && !seen.includes(5)) void desk.engine.loseGpu();
        seen.push(event.tile);
      });
      expect(done.backend.backend).toBe('webgpu');
      expect(notices.map(({ code }) => code)).toEqual(['gpu-lost']);
      expect(done.tiles).toBe(expected.done.tiles);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b)); // nothing is computed twice
      expect(meanDifference(result, expected.picture)).toBeLessThan(2);
    },
  );
});
