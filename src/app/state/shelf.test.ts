import { describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Notices } from './notices.svelte.ts';
import type { Picture } from './picture.svelte.ts';
import type { Services } from './services.ts';
import { Shelf } from './shelf.ts';
import { en } from '../i18n/en.ts';

const size = { width: 4, height: 3 };

/** A shelf whose engine can die and whose codec writes, or fails to write, what it is asked for. */
function make(encode: (id: string) => Promise<Result<Blob>>) {
  const asked: string[] = [];
  const decoded: string[] = [];
  const engine = { onShelfLost: () => undefined, drop: () => Promise.resolve() };
  const codec = {
    encode: (id: string) => {
      asked.push(id);
      return encode(id);
    },
    decode: (_: Blob, id: string) => {
      decoded.push(id);
      return Promise.resolve(ok({ preview: { close: () => undefined } }));
    },
  };
  const services = Promise.resolve({ engine, codec } as unknown as Services);
  const shelf = new Shelf(services, {} as unknown as Notices, en);
  const lost: string[][] = [];
  shelf.onLost = (ids) => lost.push([...ids]);
  return { shelf, engine, asked, decoded, lost };
}

/** After all that can go on by itself. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function pictureOf(resultId: string): Picture {
  return { id: 'picture', result: { id: resultId, ...size } } as unknown as Picture;
}

describe('Shelf', () => {
  it('keeps every result as a file, so that an engine that dies loses none', async () => {
    const file = new Blob(['png']);
    const { shelf, engine, asked, decoded, lost } = make(() => Promise.resolve(ok(file)));
    await settled();
    shelf.arrived('one', size);
    expect(await shelf.file('one')).toBe(file);
    engine.onShelfLost();
    await expect.poll(() => lost).toEqual([[]]);
    expect(await shelf.result(pictureOf('one'))).toEqual(ok(null));
    expect(decoded).toEqual(['one']);
    expect(asked).toEqual(['one']);
  });

  it('tells which results are gone when their files were not written in time', async () => {
    let end: (result: Result<Blob>) => void = () => undefined;
    const { shelf, engine, lost } = make(() => new Promise((resolve) => (end = resolve)));
    await settled();
    shelf.arrived('one', size);
    await settled();
    engine.onShelfLost();
    end(fail('worker-died', 'Gone.'));
    await expect.poll(() => lost).toEqual([['one']]);
    expect(await shelf.result(pictureOf('one'))).toMatchObject({ ok: false, error: { code: 'worker-died' } });
  });
});
