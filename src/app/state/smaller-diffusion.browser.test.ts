/** Making a diffusion model smaller over the real workers: stored, measured, kept; and what ends it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vaeDecoder } from '../../architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../architectures/diffusion/vae-encoder.ts';
import { invariant } from '../../base/assert.ts';
import { EngineClient } from '../../clients/engine.ts';
import { LibraryClient } from '../../clients/library.ts';
import { toHalfArray } from '../../formats/float16.ts';
import { writeSafetensors } from '../../formats/safetensors/writer.ts';
import { TableWriter } from '../../formats/table-writer.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { DiffusionEntry } from '../../models/diffusion-entry.ts';
import type { App } from './app.svelte.ts';
import { SmallerDiffusion } from './smaller-diffusion.svelte.ts';

const structure = {
  widths: [32, 64],
  layers: 1,
  latent: 4,
  quant: 1,
  attention: 1,
  early: 0,
  points: 0,
} as const;

/** A VAE of which every value is something else. */
function tinyVae(): Blob {
  const writer = new TableWriter();
  for (const { name, shape } of [...vaeEncoder.tensors(structure), ...vaeDecoder.tensors(structure)]) {
    const count = valueCount(shape);
    const most = shape.length > 1 ? Math.sqrt((3 * (shape[0] ?? 1)) / count) : 0.1;
    const middle = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
    const values = Float32Array.from(
      { length: count },
      (_, i) => middle + most * Math.sin(i * i + name.length),
    );
    writer.add(name, 'f16', shape, toHalfArray(values));
  }
  return writeSafetensors(writer.finish(), {});
}

const files = [{ name: 'tiny-vae.safetensors', blob: tinyVae() }];

let engine: EngineClient;
let library: LibraryClient;
let entry: DiffusionEntry;
let app: App;
const jobs = { running: false };
const chosen = { redraw: { model: '', control: '' } };

beforeEach(async () => {
  engine = new EngineClient({ codec: { connect: async () => undefined } });
  library = new LibraryClient();
  const started = await engine.start({ choice: 'wasm', threads: 2 });
  invariant(started.ok, 'no engine');
  const taken = await library.importDiffusion(files, () => undefined);
  invariant(taken.ok, taken.ok ? '' : taken.error.message);
  entry = taken.value.entry;
  const diffusion = {
    entries: [] as readonly DiffusionEntry[],
    read: async () => {
      const kept = await library.diffusion();
      if (kept.ok) diffusion.entries = kept.value;
    },
    remove: async ({ id }: DiffusionEntry) => {
      await library.removeDiffusion(id);
      await diffusion.read();
    },
  };
  app = {
    trying: false,
    jobs,
    diffusion,
    device: { report: started.value },
    choices: {
      current: chosen,
      change: (change: typeof chosen) => Object.assign(chosen, change),
    },
    services: Promise.resolve({ engine, library }),
  } as unknown as App;
});

afterEach(async () => {
  const kept = await library.diffusion();
  for (const { id } of kept.ok ? kept.value : []) await library.removeDiffusion(id);
  engine.end();
  library.end();
});

async function opened(): Promise<SmallerDiffusion> {
  const smaller = new SmallerDiffusion(app, entry);
  await smaller.read();
  expect(smaller.state).toEqual({ kind: 'choice' });
  return smaller;
}

async function keptIds(): Promise<readonly string[]> {
  const kept = await library.diffusion();
  return kept.ok ? kept.value.map(({ id }) => id) : [];
}

describe('making a diffusion model smaller', () => {
  it('measures what it made, proposes a mix, keeps a copy with its figures, and deletes the original', async () => {
    const smaller = await opened();
    const [vae] = smaller.choices;
    expect(vae?.storages.map(({ storage }) => storage)).toEqual(['half', 'q8', 'q4']);
    const measuring = smaller.measure();
    expect(app.trying).toBe(true);
    await measuring;
    expect(app.trying).toBe(false);
    expect(smaller.state).toEqual({ kind: 'measured', trouble: null });
    const figure = smaller.figure('vae', 'q8');
    expect(figure).toMatchObject({ against: 'original', backend: 'wasm' });
    expect(figure?.drift).toBeGreaterThan(0.001);
    expect(figure?.drift).toBeLessThan(0.05);
    expect(smaller.figure('vae', 'q4')?.drift).toBeGreaterThan(figure?.drift ?? 1);
    expect([...smaller.mix]).toEqual([['vae', 'q8']]);
    expect(await keptIds()).toEqual([entry.id]);

    // As it is there is nothing to keep.
    smaller.choose('vae', 'half');
    expect(smaller.changes).toBe(false);
    smaller.choose('vae', 'q8');
    await smaller.keep();
    const { state } = smaller;
    invariant(state.kind === 'kept', state.kind);
    expect(state.entry).toMatchObject({
      name: expect.stringMatching(/ \(8-bit\)$/) as string,
      smaller: { model: entry.id, parts: [{ part: 'vae', storage: 'q8', drift: figure?.drift }] },
    });
    expect(state.entry.bytes).toBeLessThan(entry.bytes * 0.6);

    chosen.redraw = { model: 'other', control: entry.id };
    await smaller.removeOriginal();
    expect(await keptIds()).toEqual([state.entry.id]);
    expect(chosen.redraw).toEqual({ model: 'other', control: state.entry.id });
  });

  it('can be stopped, changes nothing then, and does not begin under a job', async () => {
    const smaller = await opened();
    const measuring = smaller.measure();
    await smaller.stop();
    await measuring;
    expect(smaller.state).toMatchObject({ kind: 'failed', error: { code: 'cancelled' } });
    expect(await keptIds()).toEqual([entry.id]);
    jobs.running = true;
    expect(smaller.waits).toBe(true);
    await smaller.measure();
    expect(smaller.state.kind).toBe('failed');
    jobs.running = false;
  });

  it('answers when the library dies meanwhile, and can be tried again', async () => {
    const smaller = await opened();
    const measuring = smaller.measure();
    setTimeout(() => library.end(), 30);
    await measuring;
    expect(smaller.state).toMatchObject({ kind: 'failed', error: { code: 'worker-died' } });
    expect(app.trying).toBe(false);
    expect(await keptIds()).toEqual([entry.id]);
    await smaller.read();
    expect(smaller.state.kind).toBe('choice');
  });
});
