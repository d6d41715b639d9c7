/** What is kept already is not lost when it comes again, and what cannot be kept is told once. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleFiles } from '../../../src/architectures/diffusion/sample-files.ts';
import { invariant } from '../../../src/base/assert.ts';
import { fail, type Result } from '../../../src/base/result.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { ImportedDiffusion } from '../../../src/protocol/library-diffusion.ts';
import { base, bytesFor, FakeServer, MemoryStore } from '../testing.ts';
import { DiffusionLibrary } from './diffusion-library.ts';

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

afterEach(() => {
  vi.unstubAllGlobals();
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

async function imported(library: DiffusionLibrary, name: string, blob: Blob): Promise<ImportedDiffusion> {
  return valueOf(await library.importDiffusion([{ name, blob }]));
}

describe('a file that comes again', () => {
  it('is not written again when it comes again, whatever the room, and keeps what is known of it', async () => {
    const library = await started();
    const { entry } = await imported(library, 'a.safetensors', sampleFiles.checkpoint());
    await library.describeDiffusion(entry.id, { trained: 'turbo' });
    store.write = () => {
      store.models.delete(entry.id);
      return Promise.resolve(fail('storage-full', 'Full.'));
    };
    const again = await imported(library, 'b.safetensors', sampleFiles.checkpoint());
    expect(again).toMatchObject({ known: true, entry: { id: entry.id, name: 'a', trained: 'turbo' } });
    expect(again.notKept).toBeUndefined();
    vi.stubGlobal('navigator', { storage: { estimate: () => Promise.resolve({ usage: 9, quota: 10 }) } });
    expect((await imported(library, 'b.safetensors', sampleFiles.checkpoint())).notKept).toBeUndefined();
    expect(valueOf(await (await started()).diffusion())).toEqual([again.entry]);
  });

  it('takes the place of a damaged copy, whose room counts, and is listed once where there is none', async () => {
    const { entry } = await imported(await started(), 'a.safetensors', sampleFiles.lora());
    const kept = store.models.get(entry.id);
    invariant(kept, 'not kept');
    const damaged = { ...kept, bytes: new Blob(['damaged']) };
    store.models.set(entry.id, damaged);
    const quota = (free: number): void => {
      const told = { usage: 1e6, quota: 1e6 + free };
      vi.stubGlobal('navigator', { storage: { estimate: () => Promise.resolve(told) } });
    };
    quota(0);
    const mended = await imported(await started(), 'a.safetensors', sampleFiles.lora());
    expect(mended).toEqual({ entry, known: true });
    store.models.set(entry.id, damaged);
    quota(-entry.bytes);
    store.write = () => Promise.resolve(fail('storage-full', 'Full.'));
    const library = await started();
    const unkept = await imported(library, 'a.safetensors', sampleFiles.lora());
    expect(unkept.notKept?.code).toBe('storage-full');
    expect(valueOf(await library.diffusion())).toEqual([unkept.entry]);
    expect(await library.removeDiffusion(entry.id)).toMatchObject({ ok: true });
    expect(valueOf(await library.diffusion())).toEqual([]);
  });
});

describe('a file that is kept as it is', () => {
  const files = (): NamedBlob[] => [{ name: 'a.safetensors', blob: sampleFiles.checkpoint() }];

  it('tells how far its writing is, to the end', async () => {
    const library = await started();
    const heard: number[] = [];
    const shares: number[] = [];
    const write = store.write.bind(store);
    store.write = (...all) => {
      shares.push(heard.at(-1) ?? 0);
      return write(...all);
    };
    valueOf(await library.importDiffusion(files(), ({ bytes, total }) => heard.push(bytes / total)));
    expect(shares[0]).toBeLessThanOrEqual(0.5);
    expect(heard.at(-1)).toBe(1);
    expect(heard).toEqual(heard.toSorted((one, other) => one - other));
  });

  it('can be stopped while it is written, and then nothing is kept', async () => {
    const library = await started();
    const write = store.write.bind(store);
    store.write = async (...all) => {
      await library.stopImport();
      return write(...all);
    };
    expect(await library.importDiffusion(files())).toMatchObject({ error: { code: 'cancelled' } });
    expect(store.models.size).toBe(0);
    store.write = write;
    expect((await library.importDiffusion(files())).ok).toBe(true);
  });
});

describe('two tabs', () => {
  it('take in different files of one name at once, and each has its own', async () => {
    const write = store.write.bind(store);
    store.write = async (...all) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return write(...all);
    };
    const [one, two] = await Promise.all([
      imported(await started(), 'a.safetensors', sampleFiles.lora()),
      imported(await started(), 'a.safetensors', sampleFiles.embedding()),
    ]);
    expect(one.entry.id).not.toBe(two.entry.id);
    const next = await started();
    expect(valueOf(await next.openDiffusion([one.entry.id, two.entry.id]))).toHaveLength(2);
  });

  it('leave each other what is kept where one could not keep a file of that name before', async () => {
    const library = await started();
    const full = vi.spyOn(store, 'write').mockResolvedValue(fail('storage-full', 'Full.'));
    const unkept = await imported(library, 'a.safetensors', sampleFiles.lora());
    full.mockRestore();
    const other = await imported(await started(), 'a.safetensors', sampleFiles.embedding());
    expect(other.entry.id).toBe(unkept.entry.id);
    const { entry, notKept } = await imported(library, 'a.safetensors', sampleFiles.lora());
    expect(notKept).toBeUndefined();
    expect(valueOf(await (await started()).diffusion())).toEqual([other.entry, entry]);
    expect(valueOf(await library.diffusion())).toHaveLength(2);
  });

  it('write one file of both once', async () => {
    const write = vi.spyOn(store, 'write');
    const take = async (): Promise<ImportedDiffusion> =>
      imported(await started(), 'a.safetensors', sampleFiles.lora());
    const [one, two] = await Promise.all([take(), take()]);
    expect(one.entry).toEqual(two.entry);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('wait for each other, which can be stopped', async () => {
    const library = await started();
    let end: () => void = () => undefined;
    const other = store.alone(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const waiting = library.importDiffusion([{ name: 'a.safetensors', blob: sampleFiles.lora() }]);
    setTimeout(() => void library.stopImport(), 50);
    expect(await waiting).toMatchObject({ error: { code: 'cancelled' } });
    end();
    await other;
    expect(store.models.size).toBe(0);
    expect((await imported(library, 'a.safetensors', sampleFiles.lora())).known).toBe(false);
  });
});
