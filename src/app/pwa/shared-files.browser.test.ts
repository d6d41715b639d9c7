import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { invariant } from '../../base/assert.ts';
import { receiveFiles } from './service-worker/receive-files.ts';
import { sharedCache } from './caches.ts';
import { takeSharedFiles } from './shared-files.ts';

const scope = new URL('/sub/', location.href).href;
const before = location.href;

function shareOf(files: readonly File[]): Request {
  const body = new FormData();
  for (const file of files) body.append('pictures', file);
  return new Request(new URL('share', scope), { method: 'POST', body });
}

/** Opens the page that the browser is sent to. */
function follow(response: Response): void {
  expect(response.status).toBe(303);
  const target = response.headers.get('location');
  invariant(target !== null, 'no redirection');
  const url = new URL(target);
  expect(url.pathname).toBe('/sub/');
  history.replaceState(null, '', `${new URL(before).pathname}${url.search}`);
}

beforeEach(() => caches.delete(sharedCache));

afterEach(() => {
  vi.restoreAllMocks();
  history.replaceState(null, '', before);
});

describe('files shared into the app', () => {
  it('arrive with their names, types and bytes, once', async () => {
    const files = [
      new File([new Uint8Array([1, 2, 3])], 'Bäume & so.png', { type: 'image/png' }),
      new File(['x'], 'b.jpg', { type: 'image/jpeg' }),
    ];
    follow(await receiveFiles(shareOf(files), scope));
    const taken = await takeSharedFiles();
    invariant(taken.ok, 'not taken');
    expect(taken.value.map(({ name, type, size }) => ({ name, type, size }))).toEqual([
      { name: 'Bäume & so.png', type: 'image/png', size: 3 },
      { name: 'b.jpg', type: 'image/jpeg', size: 1 },
    ]);
    expect(new Uint8Array((await taken.value[0]?.arrayBuffer()) ?? [])).toEqual(new Uint8Array([1, 2, 3]));
    expect(location.search).not.toContain('shared');
    expect(await takeSharedFiles()).toEqual({ ok: true, value: [] });
    expect(await caches.has(sharedCache)).toBe(false);
  });

  it('of two shares before the page was there all arrive', async () => {
    await receiveFiles(shareOf([new File(['1'], 'a.png')]), scope);
    follow(await receiveFiles(shareOf([new File(['2'], 'b.png')]), scope));
    const taken = await takeSharedFiles();
    expect(taken.ok && taken.value.map(({ name }) => name)).toEqual(['a.png', 'b.png']);
  });

  it('are reported lost when they could not be stored', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(Cache.prototype, 'put').mockRejectedValue(new DOMException('full', 'QuotaExceededError'));
    follow(await receiveFiles(shareOf([new File(['1'], 'a.png')]), scope));
    expect(await takeSharedFiles()).toMatchObject({ ok: false, error: { code: 'storage-unavailable' } });
  });

  it('are none when the page was opened otherwise', async () => {
    expect(await takeSharedFiles()).toEqual({ ok: true, value: [] });
  });
});
