import { createStore, del, keys, set } from 'idb-keyval';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { invariant } from '../../src/base/assert.ts';
import { LibraryClient } from '../../src/clients/library.ts';
import { chunkBytes } from '../../src/models/model-store.ts';
import { openIndexedStore } from './indexed-store.ts';
import { Library } from './library.ts';
import { base, bytesFor, FakeServer } from './testing.ts';

/** Two chunks, the last one short. */
const bytes = bytesFor(chunkBytes + 12_345);
const server = new FakeServer(bytes, 'tiny');
let database = 0;

async function started(
  name = `test-${Date.now()}-${++database}`,
): Promise<{ name: string; library: Library }> {
  const library = new Library(openIndexedStore(name), server.fetch);
  expect((await library.start(base)).ok).toBe(true);
  server.requests.length = 0;
  return { name, library };
}

async function expectRight(blob: Blob): Promise<void> {
  expect(blob.size).toBe(bytes.byteLength);
  // Not `toEqual`: it is slow for 16 MiB.
  const found = new Uint8Array(await blob.arrayBuffer());
  expect(found.every((byte, i) => byte === bytes[i])).toBe(true);
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('the library over IndexedDB', () => {
  it('keeps an imported model, and has its card and bytes at the next visit', async () => {
    const { name, library } = await started();
    const weights = await (await fetch('/scripts/reference/families/srvgg-3x.safetensors')).blob();
    const imported = await library.import([new File([weights], '3x Mine.safetensors')]);
    invariant(imported.ok, 'not imported');
    expect(imported.value).toMatchObject({
      known: false,
      card: { id: '3x-mine', family: 'srvgg', scale: 3 },
    });

    const next = new Library(openIndexedStore(name), server.fetch);
    const catalogue = await next.start(base);
    expect(catalogue.ok && catalogue.value.models.at(-1)).toEqual(imported.value.card);
    const opened = await next.open('3x-mine');
    expect(opened).toMatchObject({ ok: true, value: { from: 'store' } });
    expect(opened.ok && opened.value.bytes.size).toBe(imported.value.card.file.bytes);
    expect(await next.remove('3x-mine')).toEqual({ ok: true, value: null });
    expect(await next.kept()).toEqual({ ok: true, value: [] });
  });

  it('keeps a model in chunks and opens it from there at the next visit', async () => {
    const { name, library } = await started();
    const first = await library.open('tiny');
    invariant(first.ok, 'not opened');
    expect(first.value).toMatchObject({ from: 'network', repaired: false });
    await expectRight(first.value.bytes);

    const { library: next } = await started(name);
    const second = await next.open('tiny');
    invariant(second.ok, 'not opened');
    expect(second.value).toMatchObject({ from: 'store', repaired: false });
    await expectRight(second.value.bytes);
    expect(server.requests).toHaveLength(0);

    expect(await next.remove('tiny')).toEqual({ ok: true, value: null });
    expect(await next.kept()).toEqual({ ok: true, value: [] });
    expect(await next.open('tiny')).toMatchObject({ ok: true, value: { from: 'network' } });
  });

  it('frees what a writing left that never ended, but nothing that another tab writes', async () => {
    const { name, library } = await started();
    await library.open('tiny');
    const chunks = createStore(`${name}-chunks`, 'chunks');
    const ids = async (): Promise<unknown[]> =>
      (await keys<IDBValidKey>(chunks)).map((key) => (Array.isArray(key) ? key[0] : key));
    const other = openIndexedStore(name);
    let end: () => void = () => undefined;
    const rest = new Promise<void>((resolve) => {
      end = resolve;
    });
    let begun = false;
    const slow = async function* (): AsyncGenerator<Blob> {
      yield new Blob(['first']);
      begun = true;
      await rest;
      yield new Blob(['last']);
    };
    const writing = other.write('slow', 9, slow(), () => ({ sha256: '' }));
    await vi.waitUntil(() => begun);
    await set(['dead', 0], new Blob(['left']), chunks);
    const store = openIndexedStore(name);
    expect(await store.list()).toMatchObject({ ok: true, value: [{ id: 'tiny' }] });
    await store.alone(() => Promise.resolve());
    expect(new Set(await ids())).toEqual(new Set(['tiny', 'slow', 'dead']));
    end();
    expect(await writing).toEqual({ ok: true, value: true });
    await store.alone(() => Promise.resolve());
    expect(new Set(await ids())).toEqual(new Set(['tiny', 'slow']));
    const slowly = await store.get('slow');
    expect(slowly.ok && (await slowly.value?.bytes.text())).toBe('firstlast');
  });

  it('lets one tab after the other choose an id and write', async () => {
    const { name } = await started();
    const stores = [openIndexedStore(name), openIndexedStore(name)];
    const order: string[] = [];
    const work = (tab: number) => async (): Promise<void> => {
      order.push(`begin ${tab}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`end ${tab}`);
    };
    await Promise.all(stores.map((store, tab) => store.alone(work(tab))));
    expect(order).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  });

  it.each([
    [
      'changed',
      (id: [string, number], chunks: ReturnType<typeof createStore>) => set(id, new Blob(['x']), chunks),
    ],
    ['gone', (id: [string, number], chunks: ReturnType<typeof createStore>) => del(id, chunks)],
  ])('fetches a model anew when a chunk is %s', async (_, damage) => {
    const { name, library } = await started();
    await library.open('tiny');
    await damage(['tiny', 1], createStore(`${name}-chunks`, 'chunks'));
    server.requests.length = 0;
    const opened = await library.open('tiny');
    invariant(opened.ok, 'not opened');
    expect(opened.value).toMatchObject({ from: 'network', repaired: true });
    await expectRight(opened.value.bytes);
    expect(server.requests).toHaveLength(1);
    expect(await library.open('tiny')).toMatchObject({ ok: true, value: { from: 'store', repaired: false } });
  });

  it('works from memory when the disk is full, and says how much is missing', async () => {
    const { library } = await started();
    const put = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      // The second chunk does not fit.
      if (Array.isArray(key) && key[1] === 1) throw new DOMException('full', 'QuotaExceededError');
      return put.call(this, value, key);
    });
    const opened = await library.open('tiny');
    invariant(opened.ok, 'not opened');
    expect(opened.value.notKept).toMatchObject({
      code: 'storage-full',
      detail: { needed: bytes.byteLength },
    });
    expect(opened.value.notKept?.detail?.['free']).toBeGreaterThanOrEqual(0);
    await expectRight(opened.value.bytes);
    expect(await library.kept()).toEqual({ ok: true, value: [] });
    expect(await library.open('tiny')).toMatchObject({ ok: true });
    expect(server.requests).toHaveLength(1);
  });

  it('reports a full disk that shows only when the transaction ends', async () => {
    const { library } = await started();
    const put = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
      const request = put.call(this, value, key);
      if (Array.isArray(key)) {
        const { transaction } = this;
        Object.defineProperty(transaction, 'error', {
          get: () => new DOMException('full', 'QuotaExceededError'),
        });
        transaction.abort();
      }
      return request;
    });
    expect(await library.open('tiny')).toMatchObject({
      ok: true,
      value: { notKept: { code: 'storage-full' } },
    });
  });

  it.each([
    ['missing', undefined],
    [
      'blocked',
      {
        open: () => {
          throw new DOMException('The user denied permission.', 'SecurityError');
        },
      },
    ],
  ])('works from memory when IndexedDB is %s', async (_, substitute) => {
    vi.stubGlobal('indexedDB', substitute);
    const { library } = await started();
    const opened = await library.open('tiny');
    invariant(opened.ok, 'not opened');
    expect(opened.value.notKept).toMatchObject({ code: 'storage-unavailable' });
    await expectRight(opened.value.bytes);
    expect(await library.open('tiny')).toMatchObject({ ok: true });
    expect(server.requests).toHaveLength(1);
    expect(await library.kept()).toMatchObject({ ok: false, error: { code: 'storage-unavailable' } });
  });

  it('does not wait for ever for a broken IndexedDB', async () => {
    vi.stubGlobal('indexedDB', { open: () => ({}) });
    const library = new Library(openIndexedStore('broken', 100), server.fetch);
    await library.start(base);
    expect(await library.open('tiny')).toMatchObject({
      ok: true,
      value: { notKept: { code: 'storage-unavailable' } },
    });
  });
});

describe('LibraryClient', () => {
  // Not from `import.meta.url`, which Vite would take for an asset.
  const folder = new URL('/workers/library/fixtures/', location.href).href;

  it('keeps a model in less room when it is asked to, made by the worker', async () => {
    const client = new LibraryClient({ base: folder });
    const weights = await (await fetch('/scripts/reference/families/esrgan-new-4x.safetensors')).blob();
    const imported = await client.import([new File([weights], `Less ${Date.now()}.safetensors`)]);
    invariant(imported.ok, 'not imported');
    const { id, name, file } = imported.value.card;
    const shares: number[] = [];
    const made = await client.quantise(id, 'q8', ({ bytes: done, total }) => shares.push(done / total));
    invariant(made.ok, 'not made');
    expect(shares.at(-1)).toBe(1);
    expect(made.value.bytes.size).toBeLessThan(file.bytes * 0.8);
    expect(await client.kept()).toEqual({ ok: true, value: [id] });

    // A worker that dies takes nothing with it: the page holds what was made.
    client.end();
    const difference = { psnr: null, mean: 0, largest: 0, backend: 'wasm' } as const;
    const kept = await client.keepVariant(made.value, { model: id, name, stored: 'fp16', difference });
    invariant(kept.ok, 'not kept');
    client.end();
    const opened = await client.open(kept.value.card.id);
    expect(opened).toMatchObject({ ok: true, value: { from: 'store' } });
    expect(opened.ok && opened.value.bytes.size).toBe(made.value.bytes.size);
    for (const model of [id, kept.value.card.id]) expect((await client.remove(model)).ok).toBe(true);
    client.end();
  });

  it('opens models through the worker, across its death', async () => {
    const client = new LibraryClient({ base: folder });
    await client.remove('tiny');
    const heard: number[] = [];
    const first = await client.open('tiny', (progress) => heard.push(progress.bytes));
    expect(first).toMatchObject({ ok: true, value: { from: 'network' } });
    expect(first.ok && first.value.bytes.size).toBe(3000);
    await vi.waitFor(() => {
      expect(heard.at(-1)).toBe(3000);
    });
    client.end();
    expect(await client.start()).toMatchObject({ ok: true, value: { default: 'tiny' } });
    expect(await client.open('tiny')).toMatchObject({ ok: true, value: { from: 'store' } });
    expect(await client.kept()).toEqual({ ok: true, value: ['tiny'] });
    expect(await client.storage()).toMatchObject({ ok: true });
    client.end();
  });

  it('passes failures on, and starts when there is a catalogue at last', async () => {
    const client = new LibraryClient({ base: folder });
    expect(await client.open('wrong')).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    expect(await client.open('huge')).toMatchObject({ ok: false, error: { code: 'model-unknown' } });
    client.end();
    const nowhere = new LibraryClient({ base: new URL('./nowhere/', folder).href });
    expect(await nowhere.open('tiny')).toMatchObject({ ok: false, error: { code: 'model-unavailable' } });
    nowhere.end();
  });

  it('answers calls in flight when the worker dies', async () => {
    const client = new LibraryClient({ base: folder });
    const call = client.open('tiny');
    client.end();
    expect(await call).toMatchObject({ ok: false, error: { code: 'worker-died' } });
    expect((await client.start()).ok).toBe(true);
    client.end();
  });
});
