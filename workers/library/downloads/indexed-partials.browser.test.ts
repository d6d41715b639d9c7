import { createStore, del } from 'idb-keyval';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { invariant } from '../../../src/base/assert.ts';
import { LibraryClient } from '../../../src/clients/library.ts';
import { openIndexedPartials } from './indexed-partials.ts';
import { PartialFile } from './partial-file.ts';

const entry = {
  model: 'm',
  file: 0,
  url: 'https://example.org/m.pth',
  total: 300,
  modelTotal: 300,
  version: null,
  bytes: 0,
};
let database = 0;
const named = (): string => `partial-test-${Date.now()}-${++database}`;
const part = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value);

afterEach(() => {
  vi.restoreAllMocks();
});

async function written(name: string): Promise<void> {
  const file = await PartialFile.open(openIndexedPartials(name), entry);
  await file.begin('"one"');
  for (const value of [1, 2]) {
    await file.add(part(100, value));
    expect(await file.flush()).toEqual({ ok: true, value: null });
  }
}

describe('partial downloads in IndexedDB', () => {
  it('are there at the next visit, in order, and gone when they are removed', async () => {
    const name = named();
    await written(name);
    const store = openIndexedPartials(name);
    expect(await store.list()).toEqual({ ok: true, value: [{ ...entry, version: '"one"', bytes: 200 }] });
    const file = await PartialFile.open(store, entry);
    expect([file.bytes, file.version]).toEqual([200, '"one"']);
    await file.add(part(100, 3));
    await file.flush();
    const whole = await file.whole();
    invariant(whole.ok, 'not whole');
    const bytes = new Uint8Array(await whole.value.arrayBuffer());
    expect([...bytes]).toEqual([1, 2, 3].flatMap((value) => [...part(100, value)]));
    expect(await store.remove('m')).toEqual({ ok: true, value: null });
    expect(await store.get('m', 0)).toEqual({ ok: true, value: null });
    expect(await store.list()).toEqual({ ok: true, value: [] });
  });

  it('begin anew for another address, and go on only to the first gap', async () => {
    const name = named();
    await written(name);
    const other = { ...entry, url: 'https://example.org/other.pth' };
    expect((await PartialFile.open(openIndexedPartials(name), other)).bytes).toBe(0);
    await del(['m', 0, 0], createStore(`${name}-chunks`, 'chunks'));
    expect((await PartialFile.open(openIndexedPartials(name), entry)).bytes).toBe(0);
  });

  it('say when the disk is full, and keep what was written before', async () => {
    const name = named();
    await written(name);
    const file = await PartialFile.open(openIndexedPartials(name), entry);
    const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await file.add(part(100, 3));
    expect(await file.flush()).toMatchObject({ ok: false, error: { code: 'storage-full' } });
    spy.mockRestore();
    expect((await PartialFile.open(openIndexedPartials(name), entry)).bytes).toBe(200);
  });

  it('are asked for through the worker, which knows the catalogue', async () => {
    const client = new LibraryClient({ base: new URL('/public/models/', location.href).href });
    const available = await client.available();
    expect(available.ok && available.value.length).toBeGreaterThan(24);
    expect(await client.partial()).toEqual({ ok: true, value: [] });
    expect(await client.download('nope')).toMatchObject({ ok: false, error: { code: 'model-unknown' } });
    expect(await client.stopDownload('nope', { discard: true })).toEqual({ ok: true, value: null });
    client.end();
  });
});
