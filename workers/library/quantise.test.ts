import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { invariant } from '../../src/base/assert.ts';
import { fail } from '../../src/base/result.ts';
import type { VariantOf } from '../../src/models/variant.ts';
import type { Variant } from '../../src/protocol/library.ts';
import { Library } from './library.ts';
import { base, bytesFor, FakeServer, MemoryStore } from './testing.ts';

const families = new URL('../../scripts/reference/families/', import.meta.url);
const of: VariantOf = {
  model: 'sharp',
  name: 'Sharp',
  stored: 'fp16',
  difference: { psnr: 58.9, mean: 0.08, largest: 1, backend: 'wasm' },
};

async function withModel(): Promise<{ store: MemoryStore; library: Library }> {
  const store = new MemoryStore();
  const library = new Library(store, new FakeServer(bytesFor(100)).fetch);
  expect((await library.start(base)).ok).toBe(true);
  const file = new File([readFileSync(new URL('esrgan-new-4x.safetensors', families))], 'Sharp.pth');
  expect(await library.import([file])).toMatchObject({ ok: true, value: { card: { id: 'sharp' } } });
  return { store, library };
}

async function variantOf(library: Library): Promise<Variant> {
  const made = await library.quantise('sharp', 'q8');
  invariant(made.ok, 'not made');
  return made.value;
}

async function idsAtStart(library: Library): Promise<string[]> {
  const catalogue = await library.start(base);
  invariant(catalogue.ok, 'not started');
  return catalogue.value.models.map(({ id }) => id);
}

describe('a model in less room', () => {
  it('is made beside it and kept only when it is asked for, with what was measured', async () => {
    const { library, store } = await withModel();
    const heard: number[] = [];
    const made = await library.quantise('sharp', 'q8', ({ bytes, total }) => heard.push(bytes / total));
    invariant(made.ok, 'not made');
    const { card, bytes } = made.value;
    expect(card).toMatchObject({ id: 'sharp-8-bit', name: 'Sharp (8-bit)', family: 'esrgan', stored: 'q8' });
    expect(bytes.size).toBe(card.file.bytes);
    const before = store.models.get('sharp')?.entry.bytes ?? 0;
    expect(bytes.size).toBeLessThan(before * 0.8);
    expect([...heard].sort((a, b) => a - b)).toEqual(heard);
    expect(heard.at(-1)).toBe(1);
    expect(await idsAtStart(library)).toEqual(['tiny', 'sharp']);

    expect(await library.keepVariant(made.value, of)).toMatchObject({
      ok: true,
      value: { known: false, card: { id: 'sharp-8-bit', of } },
    });
    const next = new Library(store, new FakeServer(bytesFor(100)).fetch);
    expect(await idsAtStart(next)).toEqual(['tiny', 'sharp', 'sharp-8-bit']);
    expect(await next.open('sharp-8-bit')).toMatchObject({ ok: true, value: { from: 'store' } });
    const catalogue = await next.start(base);
    expect(catalogue.ok && catalogue.value.models.at(-1)).toMatchObject({ id: 'sharp-8-bit', of });
  });

  it('is not made again of what has 8 bits, nor of shipped models', async () => {
    const { library } = await withModel();
    await library.keepVariant(await variantOf(library), of);
    for (const model of ['sharp-8-bit', 'tiny']) {
      const refused = await library.quantise(model, 'q8');
      expect(refused).toMatchObject({ ok: false, error: { code: 'model-unsupported' } });
      expect(!refused.ok && refused.error.message).toContain('cannot be made smaller');
    }
    expect(await library.quantise('sharp', 'fp16')).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported' },
    });
    expect(await library.quantise('nothing', 'q8')).toMatchObject({
      ok: false,
      error: { code: 'model-unknown' },
    });
  });

  it('changes nothing when it is stopped', async () => {
    const { library, store } = await withModel();
    const making = library.quantise('sharp', 'q8');
    await library.stopQuantising();
    expect(await making).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect([...store.models.keys()]).toEqual(['sharp']);
    expect(await library.quantise('sharp', 'q8')).toMatchObject({ ok: true });
  });

  it('works from memory where the disk is full, and the original stays', async () => {
    const { library, store } = await withModel();
    const variant = await variantOf(library);
    store.put = () => Promise.resolve(fail('storage-full', 'There is no room.'));
    expect(await library.keepVariant(variant, of)).toMatchObject({
      ok: true,
      value: { notKept: { code: 'storage-full' } },
    });
    expect([...store.models.keys()]).toEqual(['sharp']);
    expect(await library.open('sharp-8-bit')).toMatchObject({ ok: true });
    expect(await library.open('sharp')).toMatchObject({ ok: true, value: { from: 'store' } });
  });
});
