import { afterEach, describe, expect, it } from 'vitest';
import { dropOthers } from './service-worker/runtime-files.ts';

const name = 'test-runtime';
const scope = new URL('/sub/', location.href).href;

afterEach(() => caches.delete(name));

describe('dropOthers', () => {
  it("drops older builds' files and nothing else", async () => {
    const cache = await caches.open(name);
    const current = new URL('assets/a-2.wasm', scope).href;
    const older = new URL('assets/a-1.wasm', scope).href;
    const elsewhere = new URL('/other/assets/a-1.wasm', scope).href;
    for (const url of [current, older, elsewhere]) await cache.put(url, new Response('x'));
    await dropOthers(name, [current], scope);
    expect((await cache.keys()).map(({ url }) => url)).toEqual([current, elsewhere]);
  });
});
