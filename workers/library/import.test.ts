import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findWeights, recogniseFile } from '../../src/architectures/open-weights.ts';
import { invariant } from '../../src/base/assert.ts';
import { fail } from '../../src/base/result.ts';
import { readWeights } from '../../src/formats/weights-file.ts';
import { importedCard } from '../../src/models/imported.ts';
import { Library } from './library.ts';
import { readImport } from './read-import.ts';
import { base, bytesFor, FakeServer, MemoryStore } from './testing.ts';

const families = new URL('../../scripts/reference/families/', import.meta.url);

function weights(name: string, as = name): File {
  return new File([readFileSync(new URL(name, families))], as);
}

async function started(store = new MemoryStore()): Promise<{ store: MemoryStore; library: Library }> {
  const library = new Library(store, new FakeServer(bytesFor(100)).fetch);
  expect((await library.start(base)).ok).toBe(true);
  return { store, library };
}

async function idsAtStart(library: Library): Promise<string[]> {
  const catalogue = await library.start(base);
  invariant(catalogue.ok, 'not started');
  return catalogue.value.models.map(({ id }) => id);
}

describe('importing a model', () => {
  it('gives it another name, which stays', async () => {
    const { library, store } = await started();
    const imported = await library.import([weights('srvgg-2x-grey.safetensors')]);
    invariant(imported.ok, 'not imported');
    const { id, file } = imported.value.card;
    expect(await library.rename(id, 'Scans')).toMatchObject({ ok: true, value: { id, name: 'Scans' } });
    expect(await library.stored()).toEqual({
      ok: true,
      value: [{ id, bytes: file.bytes, sha256: file.sha256 }],
    });
    const { library: next } = await started(store);
    const catalogue = await next.start(base);
    invariant(catalogue.ok, 'not started');
    expect(catalogue.value.models.find((card) => card.id === id)?.name).toBe('Scans');
    expect(await library.rename('tiny', 'Mine')).toMatchObject({ ok: false });
  });

  it('recognises it, keeps it, and has it again at the next visit', async () => {
    const { library, store } = await started();
    const heard: number[] = [];
    const file = weights('srvgg-2x-grey.safetensors', '2x Grey_Näme.safetensors');
    const imported = await library.import([file], ({ bytes }) => heard.push(bytes));
    expect(imported).toMatchObject({
      ok: true,
      value: {
        known: false,
        card: {
          id: '2x-grey-name',
          origin: 'imported',
          name: '2x Grey_Näme',
          weights: '2x Grey_Näme.safetensors',
          family: 'srvgg',
          scale: 2,
          keepsFlat: false,
          file: { path: '2x-grey-name.safetensors' },
        },
      },
    });
    expect(await library.kept()).toEqual({ ok: true, value: ['2x-grey-name'] });

    const { library: next } = await started(store);
    expect(await idsAtStart(next)).toEqual(['tiny', '2x-grey-name']);
    const opened = await next.open('2x-grey-name');
    invariant(opened.ok && imported.ok, 'not opened');
    expect(opened.value).toMatchObject({ from: 'store', repaired: false });
    const read = await readWeights([{ name: 'kept', blob: opened.value.bytes }]);
    const found = read.ok ? recogniseFile(read.value) : read;
    expect(found).toMatchObject({ ok: true, value: { network: { family: 'srvgg', scale: 2 } } });

    expect(await next.remove('2x-grey-name')).toEqual({ ok: true, value: null });
    expect(await idsAtStart(next)).toEqual(['tiny']);
    expect(await next.open('2x-grey-name')).toMatchObject({ ok: false, error: { code: 'model-unknown' } });
  });

  it('knows the same weights again, and tells apart others of one name', async () => {
    const { library } = await started();
    await library.import([weights('srvgg-4x.safetensors', 'a.safetensors')]);
    expect(await library.import([weights('srvgg-4x.safetensors', 'b.pth')])).toMatchObject({
      ok: true,
      value: { known: true, card: { id: 'a' } },
    });
    expect(await library.import([weights('srvgg-3x.safetensors', 'a.safetensors')])).toMatchObject({
      ok: true,
      value: { known: false, card: { id: 'a-2', scale: 3 } },
    });
    expect(await idsAtStart(library)).toEqual(['tiny', 'a', 'a-2']);
  });

  it('works from memory for this visit where nothing can be kept', async () => {
    const { library, store } = await started();
    const full = fail('storage-full', 'There is no room.');
    store.put = () => Promise.resolve(full);
    store.remove = () => Promise.resolve(full);
    expect(await library.import([weights('srvgg-4x.safetensors')])).toMatchObject({
      ok: true,
      value: { notKept: { code: 'storage-full' } },
    });
    expect(await idsAtStart(library)).toEqual(['tiny', 'srvgg-4x']);
    expect(await library.open('srvgg-4x')).toMatchObject({ ok: true });
    expect(await library.remove('srvgg-4x')).toEqual({ ok: true, value: null });
    expect(await idsAtStart(library)).toEqual(['tiny']);
  });

  it('says of a damaged copy that its file is needed', async () => {
    const { library, store } = await started();
    await library.import([weights('srvgg-4x.safetensors')]);
    const kept = store.models.get('srvgg-4x');
    invariant(kept, 'not kept');
    store.models.set('srvgg-4x', { ...kept, bytes: new Blob(['x']) });
    expect(await library.open('srvgg-4x')).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', message: expect.stringContaining('open its file again') as string },
    });
    expect(await library.import([weights('srvgg-4x.safetensors')])).toMatchObject({ ok: true });
    expect(await library.open('srvgg-4x')).toMatchObject({ ok: true });
  });

  it.each([
    ['a text', new File(['nothing but words'], 'model.pth'), 'model-unsupported'],
    ['a web page', new File(['<!doctype html><title>404</title>'], 'model.pth'), 'model-unsupported'],
    ['half a model', weights('srvgg-4x.safetensors').slice(0, 4000), 'model-damaged'],
  ])('refuses %s and keeps nothing', async (_, file, code) => {
    const { library, store } = await started();
    expect(await library.import([new File([file], 'model.pth')])).toMatchObject({
      ok: false,
      error: { code },
    });
    expect(store.models.size).toBe(0);
  });

  it('keeps every family as it is', async () => {
    for (const name of readdirSync(families).filter((file) => file.endsWith('.safetensors'))) {
      const read = await readImport([weights(name)], () => undefined);
      invariant(read.ok, `${name} was not read`);
      const again = await findWeights([{ name, blob: read.value.bytes }]);
      const { family, structure } = read.value.model;
      expect(again, name).toMatchObject({ ok: true, value: { network: { family, structure } } });
      expect(importedCard(read.value.model, { id: 'x', bytes: 1, sha256: '' }), name).not.toBeNull();
    }
  });
});
