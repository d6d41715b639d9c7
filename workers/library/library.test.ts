import { describe, expect, it } from 'vitest';
import { invariant } from '../../src/base/assert.ts';
import { fail, type Result } from '../../src/base/result.ts';
import type { ModelProgress } from '../../src/protocol/library.ts';
import { Library } from './library.ts';
import { base, bytesFor, FakeServer, MemoryStore } from './testing.ts';

const bytes = bytesFor(30_000);

async function started(
  server = new FakeServer(bytes),
  store = new MemoryStore(),
): Promise<{ server: FakeServer; store: MemoryStore; library: Library }> {
  const library = new Library(store, server.fetch);
  expect((await library.start(base)).ok).toBe(true);
  return { server, store, library };
}

async function bytesOf(opened: Result<{ readonly bytes: Blob }>): Promise<Uint8Array> {
  invariant(opened.ok, 'not opened');
  return new Uint8Array(await opened.value.bytes.arrayBuffer());
}

/** A response whose body breaks off after some bytes. */
function cutOff(after: number): Response {
  return new Response(
    new ReadableStream({
      start: (controller) => {
        controller.enqueue(bytes.slice(0, after));
      },
      pull: (controller) => {
        controller.error(new TypeError('network error'));
      },
    }),
  );
}

describe('Library', () => {
  it('fetches a model, keeps it, and opens it from the store afterwards', async () => {
    const { server, store, library } = await started();
    const first = await library.open('tiny');
    expect(first).toMatchObject({ ok: true, value: { from: 'network', repaired: false } });
    expect(await bytesOf(first)).toEqual(bytes);
    expect(server.requests.map(({ url }) => url)).toEqual([`${base}tiny.onnx`]);
    expect(await library.kept()).toEqual({ ok: true, value: ['tiny'] });

    const next = (await started(server, store)).library;
    const second = await next.open('tiny');
    expect(second).toMatchObject({ ok: true, value: { from: 'store', repaired: false } });
    expect(await bytesOf(second)).toEqual(bytes);
    expect(server.requests).toHaveLength(1);
  });

  it('tells its progress, up to the whole', async () => {
    const { library } = await started();
    const heard: ModelProgress[] = [];
    await library.open('tiny', (progress) => heard.push(progress));
    expect(heard.at(-1)).toEqual({ model: 'tiny', bytes: 30_000, total: 30_000 });
    expect(heard.map((progress) => progress.bytes)).toEqual(
      heard.map((progress) => progress.bytes).toSorted((a, b) => a - b),
    );
  });

  it('goes on when whoever listens is gone', async () => {
    const { library } = await started();
    const opened = await library.open('tiny', () => Promise.reject(new Error('gone')));
    expect(opened.ok).toBe(true);
  });

  it('shares one download between callers at the same time', async () => {
    const { server, library } = await started();
    const heard = [0, 0];
    const [one, two] = await Promise.all([
      library.open('tiny', () => (heard[0] = 1)),
      library.open('tiny', () => (heard[1] = 1)),
    ]);
    expect(server.requests).toHaveLength(1);
    expect(await bytesOf(one)).toEqual(await bytesOf(two));
    expect(heard).toEqual([1, 1]);
  });

  it('does not remember a failure', async () => {
    const { server, library } = await started();
    const { serve } = server;
    server.serve = () => Promise.reject(new TypeError('Failed to fetch'));
    const offline = await library.open('tiny');
    expect(offline).toMatchObject({ ok: false, error: { code: 'model-unavailable' } });
    server.serve = serve;
    expect(await library.open('tiny')).toMatchObject({ ok: true, value: { from: 'network' } });
  });

  it.each([
    ['an error page', () => new Response('no', { status: 404 })],
    ['a broken connection', () => cutOff(1000)],
  ])('answers %s with model-unavailable', async (_, response) => {
    const { server, store, library } = await started();
    server.serve = () => Promise.resolve(response());
    expect(await library.open('tiny')).toMatchObject({ ok: false, error: { code: 'model-unavailable' } });
    expect(store.models.size).toBe(0);
  });

  it.each([
    ['other bytes', bytesFor(30_000, 2)],
    ['too few bytes', bytes.slice(0, 1000)],
    ['too many bytes', bytesFor(30_001)],
    ['nothing', bytes.slice(0, 0)],
  ])('refuses %s and keeps nothing', async (_, wrong) => {
    const { server, store, library } = await started();
    server.serve = () => Promise.resolve(new Response(wrong));
    expect(await library.open('tiny')).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    expect(store.models.size).toBe(0);
    // Once more, past the browser's HTTP cache, before it gave up.
    expect(server.requests.map(({ cache }) => cache)).toEqual([undefined, 'reload']);
  });

  it('gets past a damaged copy in the HTTP cache', async () => {
    const { server, library } = await started();
    server.serve = (_, init) =>
      Promise.resolve(new Response(init?.cache === 'reload' ? bytes : bytesFor(30_000, 2)));
    expect(await bytesOf(await library.open('tiny'))).toEqual(bytes);
  });

  it('removes a damaged entry and fetches it anew', async () => {
    const { server, store, library } = await started();
    await library.open('tiny');
    const entry = store.models.get('tiny');
    invariant(entry, 'not kept');
    store.models.set('tiny', { ...entry, bytes: new Blob([bytesFor(30_000, 2)]) });
    const repaired = await library.open('tiny');
    expect(repaired).toMatchObject({ ok: true, value: { from: 'network', repaired: true } });
    expect(await bytesOf(repaired)).toEqual(bytes);
    expect(server.requests).toHaveLength(2);
    expect(await library.open('tiny')).toMatchObject({ ok: true, value: { from: 'store', repaired: false } });
  });

  it('says that a copy was damaged when it cannot be fetched anew', async () => {
    const { server, store, library } = await started();
    await library.open('tiny');
    const entry = store.models.get('tiny');
    invariant(entry, 'not kept');
    store.models.set('tiny', { ...entry, bytes: new Blob([bytesFor(5)]) });
    server.serve = () => Promise.reject(new TypeError('Failed to fetch'));
    const opened = await library.open('tiny');
    expect(opened).toMatchObject({ ok: false, error: { code: 'model-unavailable' } });
    expect(opened.ok || opened.error.message).toContain('damaged');
  });

  it('replaces an older version without calling it damaged', async () => {
    const { store } = await started();
    const older = new FakeServer(bytesFor(100));
    await (await started(older, store)).library.open('tiny');
    const { library } = await started(new FakeServer(bytes), store);
    expect(await library.kept()).toEqual({ ok: true, value: [] });
    expect(await library.open('tiny')).toMatchObject({
      ok: true,
      value: { from: 'network', repaired: false },
    });
  });

  it.each(['storage-full', 'storage-unavailable'] as const)('works from memory after %s', async (code) => {
    const { server, store, library } = await started();
    store.put = () => Promise.resolve(fail(code, 'No.'));
    const opened = await library.open('tiny');
    expect(opened).toMatchObject({ ok: true, value: { from: 'network', notKept: { code } } });
    expect(await bytesOf(opened)).toEqual(bytes);
    expect(await bytesOf(await library.open('tiny'))).toEqual(bytes);
    expect(server.requests).toHaveLength(1);
  });

  it('notices a store that gives back other bytes', async () => {
    const { store, library } = await started();
    const put = store.put.bind(store);
    store.put = (model) => put(model, [new Blob(['other'])]);
    const opened = await library.open('tiny');
    expect(opened).toMatchObject({ ok: true, value: { notKept: { code: 'storage-unavailable' } } });
    expect(await bytesOf(opened)).toEqual(bytes);
    expect(store.models.size).toBe(0);
  });

  it('names the models that exist when asked for another', async () => {
    const { library } = await started();
    expect(await library.open('huge')).toMatchObject({ ok: false, error: { code: 'model-unknown' } });
  });

  it('says why there is no catalogue, and starts once there is one', async () => {
    let answer = (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'));
    const library = new Library(new MemoryStore(), () => answer());
    expect(await library.start(base)).toMatchObject({ ok: false, error: { code: 'model-unavailable' } });
    answer = () => Promise.resolve(new Response('<!doctype html>'));
    expect(await library.start(base)).toMatchObject({ ok: false, error: { code: 'model-unavailable' } });
    answer = () => Promise.resolve(Response.json({ version: 1 }));
    expect(await library.start(base)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    answer = () => Promise.resolve(Response.json(new FakeServer(bytes).catalogue));
    expect((await library.start(base)).ok).toBe(true);
  });
});
