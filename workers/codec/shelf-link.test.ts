import { expose } from 'comlink';
import { describe, expect, it } from 'vitest';
import { ok } from '../../src/base/result.ts';
import type { PixelPortApi } from '../../src/protocol/engine.ts';
import { ShelfLink } from './shelf-link.ts';

const rect = { x: 0, y: 0, width: 1, height: 1 };

/** An engine whose pictures are all `width` wide, or that never answers. */
function port(width: number | 'silent'): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const answer = <T>(value: T): Promise<T> =>
    width === 'silent' ? new Promise(() => undefined) : Promise.resolve(value);
  const size = { width: Number(width), height: 1 };
  const api: PixelPortApi = {
    put: () => answer(ok(null)),
    size: () => answer(ok(size)),
    read: () => answer(ok({ ...rect, data: new Uint8ClampedArray(4) })),
  };
  expose(api, port1);
  return port2;
}

describe('ShelfLink', () => {
  it('waits for the first port', async () => {
    const link = new ShelfLink();
    const size = link.size('a');
    link.connect(port(7));
    expect(await size).toEqual(ok({ width: 7, height: 1 }));
  });

  it('gives up when no port comes', async () => {
    const link = new ShelfLink({ port: 5, answer: 1000 });
    expect(await link.size('a')).toMatchObject({ ok: false, error: { code: 'worker-died' } });
  });

  it('gives up when no answer comes', async () => {
    const link = new ShelfLink({ port: 1000, answer: 5 });
    link.connect(port('silent'));
    expect(await link.read('a', rect)).toMatchObject({ ok: false, error: { code: 'worker-died' } });
  });

  it('asks again over a new port what the old one left unanswered', async () => {
    const link = new ShelfLink();
    link.connect(port('silent'));
    const size = link.size('a');
    await new Promise((resolve) => setTimeout(resolve, 5));
    link.connect(port(9));
    expect(await size).toEqual(ok({ width: 9, height: 1 }));
  });

  it('does not put twice: the pixels went with the first port', async () => {
    const link = new ShelfLink();
    link.connect(port('silent'));
    const block = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
    const put = link.put('a', block);
    await new Promise((resolve) => setTimeout(resolve, 5));
    link.connect(port(9));
    expect(await put).toMatchObject({ ok: false, error: { code: 'worker-died' } });
    expect(block.data.byteLength).toBe(0);
  });
});
