/** Cancel while a job is prepared: weights that are being made are left at once, and nothing of the job stays. */

import { describe, expect, it } from 'vitest';
import { merges } from '../../../scripts/reference/refining.ts';
import { tinyDiffusion } from '../../../scripts/reference/tiny-diffusion.ts';
import { tinyLdsr } from '../../../scripts/reference/tiny-ldsr.ts';
import { tinyLora } from '../../../scripts/reference/tiny-lora.ts';
import { fail } from '../../../src/base/result.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { JobEvent, JobRequest } from '../../../src/protocol/engine.ts';
import { withLdsrDefaults } from '../../../src/recipes/ldsr.ts';
import { withDefaults, type RefineStep } from '../../../src/recipes/refine.ts';
import { Backend } from '../backend.ts';
import { HeldParts } from '../diffusion/held-parts.ts';
import { prepareLdsr } from '../diffusion/ldsr-open.ts';
import { loadDiffusion, type LoadOptions } from '../diffusion/load.ts';
import type { LoadedPart } from '../diffusion/loaded-model.ts';
import { Models } from '../models.ts';
import type { Runtime } from '../runtime.ts';
import { Shelf } from '../shelf.ts';
import { cancelled, JobControl } from './control.ts';
import { runJob } from './job.ts';

const files = tinyDiffusion('epsilon', 'bf16');
const lora = { name: 'tiny.safetensors', blob: tinyLora() };

/** Answers no from the third time on, and counts. */
function impatient(): { readonly go: () => boolean; readonly asked: () => number } {
  let asked = 0;
  return { go: () => ++asked < 3, asked: () => asked };
}

describe('cancel ends at once', () => {
  const large = { halves: false, widened: 1_000_000 };
  it.each<[string, readonly NamedBlob[], Partial<RefineStep>, Partial<LoadOptions>]>([
    ['converting', files, {}, { precision: 'fp16' }],
    ['bringing to 8 bits', files, {}, large],
    ['merging', [...files, lora], { weights: { loras: [{ file: lora.name, weight: 1 }] } }, {}],
  ])('%s', async (_, given, more, options) => {
    const { go, asked } = impatient();
    const step = withDefaults({ kind: 'refine', ...more });
    const loaded = await loadDiffusion(given, step, {
      precision: 'fp32',
      flash: false,
      tags: [],
      ...options,
      go,
    });
    expect(loaded).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    // Each part asks once more at the most: there are five, and whoever asked for them.
    expect(asked()).toBeLessThan(12);
  });

  it('converting latent super-resolution', async () => {
    const { go } = impatient();
    const how = { precision: 'fp16', vaeTile: 64, go } as const;
    const step = withLdsrDefaults({ kind: 'ldsr' });
    const none = () => Promise.resolve(fail('internal', 'Nothing is opened.'));
    const opened = await prepareLdsr(step, tinyLdsr(), { width: 8, height: 8 }, how, none, () => undefined);
    expect(opened).toEqual(cancelled());
  });

  it('what exceeded half precision', async () => {
    const graph = { name: 'x', opset: 17, inputs: [], outputs: [], nodes: [], initializers: [] };
    const part: LoadedPart = {
      weights: new Blob(),
      graph: () => ({ ok: true, value: graph }),
      full: { few: () => true, made: (go) => Promise.resolve({ ...part, fixed: go?.() === true }) },
    };
    let opened = 0;
    const run = () => Promise.resolve({ ok: true as const, value: { y: Float32Array.of(NaN) } });
    const parts = new HeldParts<'unet'>(
      () => {
        opened++;
        return Promise.resolve({ ok: true, value: { run, release: () => Promise.resolve() } });
      },
      {
        part: () => part,
        names: { unet: 'UNet' },
        stays: () => true,
        precision: 'fp16',
        wayOut: 'take another',
        notice: () => undefined,
        go: () => false,
      },
    );
    expect(await parts.run('unet', { batch: 1, width: 1, height: 1, tokens: 1 }, {}, 'y')).toEqual(
      cancelled(),
    );
    expect(opened).toBe(1);
  });
});

describe('a job that is cancelled while it is prepared', () => {
  const request: JobRequest = {
    jobId: 'job',
    pictureId: 'picture',
    resultId: 'result',
    recipe: { version: 1, steps: [{ kind: 'refine' }] },
    models: [],
    previewPixels: 0,
  };

  it('never begins, and leaves nothing', async () => {
    const runtime = { build: 'wasm', threads: 1, wasmUrl: '' } as unknown as Runtime;
    const backend = new Backend(runtime, null, null, 'chosen', false);
    const shelf = new Shelf();
    shelf.create('picture', { width: 16, height: 16 }, 8);
    const control = new JobControl();
    const heard: JobEvent['kind'][] = [];
    // Read before the model is.
    class Cancelling extends Blob {
      override text(): Promise<string> {
        control.cancel();
        return super.text();
      }
    }
    const diffusion = { files, merges: new Cancelling([merges]) };
    const tools = { shelf, models: new Models(backend), backend };
    const outcome = await runJob({ ...request, diffusion }, tools, control, ({ kind }) => heard.push(kind));
    expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'cancelled' }, checkpoint: null });
    expect(heard).toEqual([]);
    expect([shelf.get('picture').ok, shelf.get('result').ok]).toEqual([true, false]);
  });
});
