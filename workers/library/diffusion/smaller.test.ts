/** Smaller copies of kept diffusion models: sizes told first, parts made on demand, a copy kept beside the original. */

import { beforeEach, describe, expect, it } from 'vitest';
import { sampleFiles } from '../../../src/architectures/diffusion/sample-files.ts';
import { invariant } from '../../../src/base/assert.ts';
import { fail, type Result } from '../../../src/base/result.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import { isSilent, type DiffusionEntry } from '../../../src/models/diffusion-entry.ts';
import type { PartChoice } from '../../../src/models/diffusion-smaller.ts';
import type { SmallerPart } from '../../../src/protocol/library-diffusion.ts';
import { base, bytesFor, FakeServer, MemoryStore } from '../testing.ts';
import { DiffusionLibrary } from './diffusion-library.ts';

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

async function started(): Promise<DiffusionLibrary> {
  const server = new FakeServer(bytesFor(100));
  const library = new DiffusionLibrary({ models: new MemoryStore(), diffusion: store }, server.fetch);
  expect((await library.start(base)).ok).toBe(true);
  return library;
}

function valueOf<T>(result: Result<T>): T {
  invariant(result.ok, result.ok ? '' : result.error.message);
  return result.value;
}

async function kept(library: DiffusionLibrary, name: string, blob: Blob): Promise<DiffusionEntry> {
  return valueOf(await library.importDiffusion([{ name, blob }])).entry;
}

const notes = {
  'modelspec.prediction_type': 'v',
  'modelspec.title': 'X Turbo',
  'modelspec.encoder_layer': '2',
};
const told = { drift: 0.01, against: 'original' } as const;
const mix: readonly SmallerPart[] = [
  { part: 'unet', storage: 'q8', ...told },
  { part: 'text-encoder', storage: 'q4', drift: 0.05, against: 'q8' },
  { part: 'vae', storage: 'half', drift: 0, against: 'original' },
];

/** Of a header, whose numbers have as many digits as they need. */
const slack = 64;

function bytesIn(choices: readonly PartChoice[], { part, storage }: SmallerPart): number {
  const found = choices.find((one) => one.part === part)?.storages.find((one) => one.storage === storage);
  return found?.bytes ?? NaN;
}

describe('a checkpoint', () => {
  it('tells what each part takes in each storage, and each is of that size', async () => {
    const library = await started();
    const { id } = await kept(library, 'Old.safetensors', sampleFiles.checkpoint());
    const choices = valueOf(await library.smallerChoices(id));
    expect(choices.map(({ part }) => part)).toEqual(['unet', 'text-encoder', 'vae']);
    for (const { part, now, storages } of choices) {
      const [half, ...fewer] = storages;
      expect(half?.storage).toBe('half');
      expect(half?.bytes).toBe(now);
      let last = half?.bytes ?? 0;
      for (const { storage, bytes } of fewer) {
        expect(bytes).toBeLessThan(last * 0.98);
        last = bytes;
        const { file } = valueOf(await library.makeSmaller(id, part, storage));
        expect(Math.abs(file.blob.size - bytes)).toBeLessThan(slack);
      }
    }
    // Nothing was kept of all that.
    expect(store.models.size).toBe(1);
  });

  it('is kept as a smaller copy that is told, named and licensed like the original, and opens again', async () => {
    const library = await started();
    const original = await kept(library, 'Old.safetensors', sampleFiles.checkpoint(notes));
    const choices = valueOf(await library.smallerChoices(original.id));
    const heard: number[] = [];
    const { file } = valueOf(
      await library.makeSmaller(original.id, 'unet', 'q8', ({ bytes, total }) => heard.push(bytes / total)),
    );
    expect(heard.toSorted((one, other) => one - other)).toEqual(heard);
    expect(heard.at(-1)).toBe(1);
    const parts = mix.map((one) => (one.part === 'unet' ? { ...one, file } : one));
    const { entry, known } = valueOf(await library.keepSmaller(original.id, parts));
    expect(known).toBe(false);
    expect(entry).toMatchObject({
      name: 'Old (8 and 4 bits)',
      parts: original.parts,
      base: 'sd1',
      prediction: 'v',
      sampling: 'turbo',
      smaller: { model: original.id, name: 'Old', bytes: original.bytes, parts: mix },
    });
    const weights = entry.files.filter(({ name }) => name.endsWith('.safetensors'));
    for (const [at, { bytes }] of weights.entries()) {
      const wanted = mix[at];
      invariant(wanted, 'a file too many');
      expect(Math.abs(bytes - bytesIn(choices, wanted))).toBeLessThan(slack);
    }
    expect(weights).toHaveLength(mix.length);

    const next = await started();
    const [first, second] = valueOf(await next.diffusion());
    expect(first).toEqual(original);
    expect(second).toEqual(entry);
    const files = valueOf(await next.openDiffusion([entry.id]));
    // As a folder that somebody else gives: every part is known again, and what was told.
    const again = valueOf(await (await started()).importDiffusion(renamed(files)));
    expect(again.known).toBe(true);
    const { parts: same, prediction, sampling, smaller } = entry;
    expect(again.entry).toMatchObject({ parts: same, prediction, sampling, smaller });
  });

  it('is asked how it was trained where the original is, and says so where a person did', async () => {
    const library = await started();
    const part = { part: 'unet', ...told } as const;
    const original = await kept(library, 'Old.safetensors', sampleFiles.checkpoint());
    expect(isSilent(original)).toBe(true);
    const copy = valueOf(await library.keepSmaller(original.id, [{ ...part, storage: 'q8' }])).entry;
    expect(isSilent(copy)).toBe(true);
    valueOf(await library.describeDiffusion(original.id, { trained: 'lcm' }));
    const asked = valueOf(await library.keepSmaller(original.id, [{ ...part, storage: 'q4' }])).entry;
    const files = valueOf(await (await started()).openDiffusion([asked.id]));
    const config = files.find(({ name }) => name.endsWith('scheduler_config.json'));
    expect(await config?.blob.text()).toContain('LCMScheduler');
    // After a reload, too.
    expect(valueOf(await (await started()).diffusion()).map(isSilent)).toEqual([true, true, true]);

    const plain = [
      { name: 'A/unet/diffusion_pytorch_model.safetensors', blob: sampleFiles.unet() },
      { name: 'A/scheduler/scheduler_config.json', blob: new Blob(['{"_class_name":"DDIMScheduler"}']) },
    ];
    const { entry: folder } = valueOf(await library.importDiffusion(plain));
    expect(isSilent(folder)).toBe(false);
    const other = valueOf(await library.keepSmaller(folder.id, [{ ...part, storage: 'q8' }])).entry;
    expect(isSilent(other)).toBe(false);
  });

  it('goes on from 8 bits to 4, is no further smaller with 4, and keeps its own figures', async () => {
    const library = await started();
    const original = await kept(library, 'unet.safetensors', sampleFiles.unet());
    const keep = async (id: string, storage: 'q8' | 'q4'): Promise<DiffusionEntry> =>
      valueOf(await library.keepSmaller(id, [{ part: 'unet', storage, ...told }])).entry;
    const eight = await keep(original.id, 'q8');
    expect(eight.name).toBe('unet (8-bit)');
    const choices = valueOf(await library.smallerChoices(eight.id));
    expect(choices[0]?.storages.map(({ storage }) => storage)).toEqual(['q8', 'q4']);
    const four = await keep(eight.id, 'q4');
    expect(four).toMatchObject({ name: 'unet (4-bit)', smaller: { name: 'unet (8-bit)' } });
    expect(four.bytes).toBeLessThan(eight.bytes);
    expect(await library.smallerChoices(four.id)).toMatchObject({
      error: { detail: { reason: 'not-smaller' }, message: expect.stringContaining('few bits') as string },
    });
  });

  it('works for this visit where the disk is full, and says so', async () => {
    const library = await started();
    const { id } = await kept(library, 'unet.safetensors', sampleFiles.unet());
    store.put = () => Promise.resolve(fail('storage-full', 'Full.'));
    const { entry, notKept } = valueOf(
      await library.keepSmaller(id, [{ part: 'unet', storage: 'q8', ...told }]),
    );
    expect(notKept?.code).toBe('storage-full');
    expect(valueOf(await library.openDiffusion([entry.id])).length).toBeGreaterThan(1);
    expect(valueOf(await library.diffusion())).toHaveLength(2);
    expect(store.models.size).toBe(1);
  });
});

describe('a stop', () => {
  it.each(['makeSmaller', 'keepSmaller'] as const)('changes nothing: %s', async (what) => {
    const library = await started();
    const { id } = await kept(library, 'Old.safetensors', sampleFiles.checkpoint());
    let heard = 0;
    const stopSoon = (): void => {
      if (++heard === 2) void library.stopSmaller();
    };
    const made =
      what === 'makeSmaller'
        ? await library.makeSmaller(id, 'unet', 'q8', stopSoon)
        : await library.keepSmaller(id, mix, stopSoon);
    expect(made).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(heard).toBeLessThan(5);
    expect([...store.models.keys()]).toEqual([id]);
  });

  it('is no stop of what is begun afterwards', async () => {
    const library = await started();
    const { id } = await kept(library, 'unet.safetensors', sampleFiles.unet());
    await library.stopSmaller();
    expect(await library.makeSmaller(id, 'unet', 'q4')).toMatchObject({ ok: true });
  });
});

describe('what cannot be made smaller', () => {
  it.each([
    ['a LoRA', sampleFiles.lora, 'is a LoRA'],
    ['a textual inversion', sampleFiles.embedding, 'is a textual inversion'],
    ['TAESD', sampleFiles.taesd, 'TAESD, which is small already'],
  ])('says so: %s', async (_, make, words) => {
    const library = await started();
    const { id } = await kept(library, 'a.safetensors', make());
    expect(await library.smallerChoices(id)).toMatchObject({
      error: {
        code: 'model-unsupported',
        message: expect.stringContaining(words) as string,
        detail: { reason: 'not-smaller' },
      },
    });
  });

  it('is a file that is not here', async () => {
    expect(await (await started()).smallerChoices('gone')).toMatchObject({
      error: { code: 'model-unknown' },
    });
  });
});

function renamed(files: readonly NamedBlob[]): NamedBlob[] {
  return files.map(({ name, blob }) => ({ name: name.replace(/^[^/]*/, 'given'), blob }));
}
