/** Latent super-resolution through the engine. That GPUs give what the CPU gives is held for its parts: scripts/reference/diffusion-ldsr.test.ts. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../src/protocol/engine.ts';
import { tinyLdsr } from '../../scripts/reference/tiny-ldsr.ts';
import { Desk, testPicture } from './testing/desk.ts';

/** Of two tiles. */
const size = { width: 40, height: 16 };
const job: Omit<JobRequest, 'jobId' | 'resultId' | 'previewPixels'> = {
  pictureId: 'picture',
  recipe: { version: 1, steps: [{ kind: 'ldsr', steps: 2, tile: 32, overlap: 8 }] },
  models: [],
  diffusion: { files: tinyLdsr(), merges: new Blob() },
};

let desk: Desk;

beforeEach(async () => {
  desk = new Desk();
  const started = await desk.engine.start({ choice: 'wasm', threads: 2 });
  if (!started.ok) throw new Error(started.error.message);
  const alpha = (x: number): number => (x < 20 ? 100 : 255);
  await desk.put('picture', testPicture(size, alpha));
});

afterEach(() => {
  desk.end();
});

describe('latent super-resolution', () => {
  it('enlarges four times, tile by tile, with its alpha, and repeats itself', async () => {
    const progress: number[] = [];
    const { done, picture } = await desk.enlarge(job, (event) => {
      if (event.kind === 'tile') progress.push(event.progress);
    });
    expect(done).toMatchObject({ width: 160, height: 64, opaque: false });
    // Two tiles at each of two steps, and one of the decoder.
    expect(done.tiles).toBe(2 * 2 + 1);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    expect([picture.data[3], picture.data.at(-1)]).toEqual([100, 255]);
    expect((await desk.enlarge(job)).picture).toEqual(picture);
  });

  it('says what it lacks, and leaves nothing', async () => {
    const nothing = { files: [], merges: new Blob() };
    const request = { jobId: 'job', resultId: 'result', previewPixels: 0, ...job, diffusion: nothing };
    const outcome = await desk.engine.run(request, () => undefined);
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'model-unavailable' } });
    expect(await desk.has('result')).toBe(false);
  });
});
