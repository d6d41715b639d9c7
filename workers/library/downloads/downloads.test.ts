import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveModels, type ModelServer } from '../../../scripts/lib/model-server.ts';
import { failure, ok, type Result } from '../../../src/base/result.ts';
import type { AvailableModel } from '../../../src/models/available.ts';
import type { DownloadProgress, Imported } from '../../../src/protocol/library.ts';
import { cardFor } from '../testing.ts';
import { Downloads, type DownloadsOptions } from './downloads.ts';
import { MemoryPartials } from './testing.ts';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8) * 7) & 255);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const other = bytes.map((byte) => 255 - byte);

let server: ModelServer;
let store: MemoryPartials;
let taken: { names: string[]; bytes: Uint8Array; from: unknown }[];

beforeEach(async () => {
  server = await serveModels(new Map([['/m.pth', bytes]]));
  store = new MemoryPartials();
  taken = [];
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

function model(change: Partial<AvailableModel['files'][number]> = {}, id = 'm'): AvailableModel {
  return {
    id,
    name: `Model ${id}`,
    use: 'For tests.',
    uses: ['general'],
    family: 'srvgg',
    scale: 2,
    author: 'nobody',
    homepage: 'https://example.org/m',
    licence: { id: 'MIT', commercialUse: true },
    files: [{ url: `${server.address}/m.pth`, bytes: bytes.byteLength, sha256, name: 'm.pth', ...change }],
    evidence: { page: 'https://example.org/m', says: 'all' },
  };
}

/** A visit: what is kept is kept in `store`. */
function visit(
  options: Partial<DownloadsOptions<AvailableModel, Imported>> = {},
): Downloads<AvailableModel, Imported> {
  return new Downloads({
    store,
    fetch: (url, init) => fetch(url, init),
    take: async (files, { id }, from): Promise<Result<Imported>> => {
      const all = new Uint8Array(await new Blob([...files]).arrayBuffer());
      taken.push({ names: files.map(({ name }) => name), bytes: all, from });
      return ok({ card: cardFor(id, all), known: false });
    },
    persistence: { delays: [1, 1, 1], wait: () => Promise.resolve() },
    ...options,
  });
}

function expectWhole(): void {
  expect(taken).toHaveLength(1);
  expect(
    createHash('sha256')
      .update(taken[0]?.bytes ?? '')
      .digest('hex'),
  ).toBe(sha256);
  expect(store.kept.size).toBe(0);
}

const ranges = (): (string | null)[] => server.asked.map(({ range }) => range);

describe('a download', () => {
  it('follows redirects, tells its progress, is imported with where it came from, and leaves nothing behind', async () => {
    server.behaviour.pace = 30_000;
    const heard: DownloadProgress[] = [];
    const outcome = await visit().download(model(), (progress) => heard.push(progress));
    expect(outcome).toMatchObject({ ok: true });
    expectWhole();
    expect(taken[0]).toMatchObject({
      names: ['m.pth'],
      from: {
        available: 'm',
        homepage: 'https://example.org/m',
        licence: { id: 'MIT' },
        files: [{ name: 'm.pth', sha256, verified: true }],
      },
    });
    expect(heard.at(0)).toEqual({ model: 'm', bytes: 0, total: bytes.byteLength });
    expect(heard.at(-1)).toEqual({ model: 'm', bytes: bytes.byteLength, total: bytes.byteLength });
    expect(heard.length).toBeGreaterThan(3);
  });

  it.each([
    ['where headers can be read', true],
    ['where none can be read', false],
  ])('goes on after broken connections, %s', async (_, exposes) => {
    Object.assign(server.behaviour, { cuts: [100_000, 50_000, 0, 0], exposes });
    expect(await visit().download(model())).toMatchObject({ ok: true });
    expectWhole();
    expect(ranges()).toEqual([null, 'bytes=100000-', 'bytes=150000-', 'bytes=150000-', 'bytes=150000-']);
    // Anything but a plain range would need a preflight.
    expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  it('stops with the cause after a few requests in vain, keeps what came, and goes on at the next visit', async () => {
    server.behaviour.cuts = [100_000, 0, 0, 0, 0];
    expect(await visit().download(model())).toMatchObject({
      ok: false,
      error: { code: 'model-unavailable', detail: { resumable: true, bytes: 100_000 } },
    });
    expect(await visit().partial([model()])).toEqual({
      ok: true,
      value: [{ id: 'm', bytes: 100_000, total: bytes.byteLength }],
    });
    server.behaviour.cuts = [];
    server.asked.length = 0;
    expect(await visit().download(model())).toMatchObject({ ok: true });
    expect(ranges()).toEqual(['bytes=100000-']);
    expectWhole();
  });

  it('begins anew and says so where the server knows no ranges', async () => {
    Object.assign(server.behaviour, { ranges: false, cuts: [100_000] });
    const anew: unknown[] = [];
    const outcome = await visit().download(model(), (progress) => progress.anew && anew.push(progress.anew));
    expect(outcome).toMatchObject({ ok: true });
    expect(anew).toEqual(['no-ranges']);
    expectWhole();
  });

  it('gives up a server that knows no ranges and always breaks off', async () => {
    Object.assign(server.behaviour, { ranges: false, cuts: Array.from({ length: 50 }, () => 100_000) });
    expect(await visit().download(model())).toMatchObject({
      ok: false,
      error: { detail: { resumable: true } },
    });
    expect(server.asked.length).toBeLessThan(6);
  });

  it.each([
    ['where its version can be read', true],
    ['where only the checksum tells', false],
  ])('begins anew and says so when the file has changed, %s', async (_, exposes) => {
    server.files.set('/m.pth', other);
    Object.assign(server.behaviour, { version: '"old"', exposes, cuts: [100_000, 0, 0, 0, 0] });
    await visit().download(model());
    expect(store.kept.size).toBe(1);
    server.files.set('/m.pth', bytes);
    Object.assign(server.behaviour, { version: '"new"', cuts: [] });
    const anew: unknown[] = [];
    const outcome = await visit().download(model(), (progress) => progress.anew && anew.push(progress.anew));
    expect(outcome).toMatchObject({ ok: true });
    expect(anew).toEqual(['changed']);
    expectWhole();
  });

  it.each([
    ['other bytes', (): Uint8Array => other, 'sha256'],
    ['a longer file', (): Uint8Array => new Uint8Array(400_000), 'more than 300000 bytes'],
    ['a shorter file', (): Uint8Array => bytes.slice(0, 200_000), 'ends before'],
  ])('discards %s and never imports them', async (_, file, found) => {
    server.files.set('/m.pth', file());
    expect(await visit().download(model())).toMatchObject({
      ok: false,
      error: {
        code: 'model-damaged',
        message: expect.stringMatching(/discarded.*https:\/\/example.org\/m/) as string,
        detail: { found: expect.stringContaining(found) as string },
      },
    });
    expect(taken).toEqual([]);
    expect(store.kept.size).toBe(0);
  });

  it('begins anew where what is kept is longer than the file', async () => {
    server.behaviour.cuts = [200_000, 0, 0, 0, 0];
    await visit().download(model());
    const short = bytes.slice(0, 100_000);
    server.files.set('/m.pth', short);
    const now = model({ bytes: 250_000, sha256: null });
    expect(await visit().download(now)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    const right = model({ bytes: 100_000, sha256: createHash('sha256').update(short).digest('hex') });
    expect(await visit().download(right)).toMatchObject({ ok: true });
  });

  it('keeps the checksum of a file whose own is not known', async () => {
    expect(await visit().download(model({ sha256: null }))).toMatchObject({ ok: true });
    expect(taken[0]?.from).toMatchObject({ files: [{ sha256, verified: false }] });
  });

  it.each([
    ['by its type', 'text/html; charset=utf-8', '<title>Sorry</title>'],
    ['by its beginning', 'application/octet-stream', '\n<!DOCTYPE html><title>Sorry</title>'],
  ])('tells a web page from a model, %s', async (_, type, page) => {
    server.behaviour.type = type;
    server.files.set('/m.pth', new TextEncoder().encode(page.padEnd(bytes.byteLength)));
    expect(await visit().download(model())).toMatchObject({
      ok: false,
      error: {
        code: 'model-unavailable',
        message: expect.stringContaining('a web page instead of the file') as string,
        detail: { resumable: false },
      },
    });
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    [404, 1, false],
    [403, 1, false],
    [503, 4, true],
    [429, 4, true],
  ])('answers status %i after %i requests with the way out', async (status, requests, resumable) => {
    server.behaviour.statuses = Array.from({ length: 9 }, () => status);
    expect(await visit().download(model())).toMatchObject({
      ok: false,
      error: {
        code: 'model-unavailable',
        message: expect.stringMatching(
          new RegExp(`status ${status}.*by hand from https://example.org/m`),
        ) as string,
        detail: { resumable },
      },
    });
    expect(server.asked).toHaveLength(requests);
  });

  it('says how to get the file where the browser refuses or there is no network', async () => {
    const refusing = visit({ fetch: () => Promise.reject(new TypeError('Failed to fetch')) });
    expect(await refusing.download(model())).toMatchObject({
      ok: false,
      error: {
        message: expect.stringMatching(
          /no network, or the host does not allow.*by hand.*drop it on this page/,
        ) as string,
      },
    });
  });

  it('does not wait for ever for a server that sends nothing', async () => {
    Object.assign(server.behaviour, { hangs: true, pace: 100_000 });
    const heard: number[] = [];
    const waiting = visit({ patience: 100 }).download(model(), (progress) => heard.push(progress.bytes));
    // Each request brings a part, then silence.
    expect(await waiting).toMatchObject({ ok: true });
    expect(ranges()).toEqual([null, 'bytes=100000-', 'bytes=200000-']);
  });

  it('can be paused and goes on; discarded it begins anew', async () => {
    server.behaviour.pace = 10_000;
    const downloads = visit();
    const half = (): Promise<Result<Imported>> => {
      const running = downloads.download(model(), ({ bytes: now }) => {
        if (now > 50_000) void downloads.stop('m', { discard: false });
      });
      return running;
    };
    expect(await half()).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    const kept = store.kept.get('m 0')?.bytes.size ?? 0;
    expect(kept).toBeGreaterThan(50_000);
    server.asked.length = 0;
    server.behaviour.pace = null;
    expect(await downloads.download(model())).toMatchObject({ ok: true });
    expect(ranges()).toEqual([`bytes=${kept}-`]);
    expectWhole();

    server.behaviour.pace = 10_000;
    await half();
    expect(await downloads.stop('m', { discard: true })).toEqual({ ok: true, value: null });
    expect(store.kept.size).toBe(0);
  });

  it('says of a full disk how much is missing, and keeps what came', async () => {
    server.behaviour.cuts = [100_000, 0, 0, 0, 0];
    await visit().download(model());
    server.behaviour.cuts = [];
    store.failure = failure('storage-full', 'Full.', { needed: 1, free: 5_000_000 });
    expect(await visit().download(model())).toMatchObject({
      ok: false,
      error: {
        code: 'storage-full',
        message: expect.stringMatching(/needs 0\.2 MB.*5\.0 MB are free.*\(0\.1 MB\) is kept/) as string,
        detail: { needed: 200_000, resumable: true },
      },
    });
    store.failure = null;
    expect(await visit().download(model())).toMatchObject({ ok: true });
    expect(ranges().at(-1)).toBe('bytes=100000-');
    expectWhole();
  });

  it('works from memory where nothing can be kept', async () => {
    store.failure = failure('storage-unavailable', 'Blocked.');
    server.behaviour.cuts = [100_000];
    expect(await visit().download(model())).toMatchObject({ ok: true });
    expectWhole();
  });

  it('runs two at once, the others after them, and one model once', async () => {
    server.behaviour.pace = 20_000;
    let running = 0;
    let most = 0;
    const fetching = visit({
      fetch: async (url, init) => {
        most = Math.max(most, ++running);
        const response = await fetch(url, init);
        const body = response.body?.pipeThrough(
          new TransformStream({
            flush: () => {
              running--;
            },
          }),
        );
        return new Response(body, response);
      },
    });
    const all = ['a', 'b', 'c', 'd'].map((id) => fetching.download(model({}, id)));
    const again = fetching.download(model({}, 'a'));
    expect((await Promise.all([...all, again])).every(({ ok: well }) => well)).toBe(true);
    expect(most).toBe(2);
    expect(taken).toHaveLength(4);
  });

  it('can be called off while it waits for its turn', async () => {
    server.behaviour.pace = 20_000;
    const downloads = visit();
    const first = ['a', 'b'].map((id) => downloads.download(model({}, id)));
    const third = downloads.download(model({}, 'c'));
    await downloads.stop('c', { discard: true });
    expect(await third).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect((await Promise.all(first)).every(({ ok: well }) => well)).toBe(true);
    expect(taken).toHaveLength(2);
  });

  it('fetches all files of a model, and goes on in the second', async () => {
    const param = new TextEncoder().encode('7767517\n');
    server.files.set('/m.param', param);
    const two = { ...model(), files: [...model().files] };
    two.files.unshift({
      url: `${server.address}/m.param`,
      bytes: param.byteLength,
      sha256: null,
      name: 'm.param',
    });
    server.behaviour.cuts = [param.byteLength, 100_000, 0, 0, 0, 0];
    expect(await visit().download(two)).toMatchObject({ ok: false });
    expect(await visit().partial([two])).toMatchObject({
      value: [{ bytes: param.byteLength + 100_000, total: param.byteLength + bytes.byteLength }],
    });
    server.behaviour.cuts = [];
    expect(await visit().download(two)).toMatchObject({ ok: true });
    expect(taken[0]?.names).toEqual(['m.param', 'm.pth']);
    expect(store.kept.size).toBe(0);
  });

  it('frees what is kept of a model that is not offered any more', async () => {
    server.behaviour.cuts = [100_000, 0, 0, 0, 0];
    await visit().download(model());
    expect(await visit().partial([])).toEqual({ ok: true, value: [] });
    expect(store.kept.size).toBe(0);
  });

  it('keeps nothing of a file that is no model, and everything of one that could not be kept', async () => {
    const unreadable = visit({
      take: () => Promise.resolve({ ok: false, error: failure('model-unrecognised', 'No.') }),
    });
    expect(await unreadable.download(model())).toMatchObject({ error: { code: 'model-unrecognised' } });
    expect(store.kept.size).toBe(0);
    const full = failure('storage-full', 'Full.');
    const unkept = visit({
      take: () => Promise.resolve(ok({ card: cardFor('m', bytes), known: false, notKept: full })),
    });
    expect(await unkept.download(model())).toMatchObject({ ok: true });
    server.asked.length = 0;
    expect(await visit().download(model())).toMatchObject({ ok: true });
    expect(server.asked).toEqual([]);
  });
});
