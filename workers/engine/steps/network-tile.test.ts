import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/base/errors.ts';
import { fail, ok } from '../../../src/base/result.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { ModelSession } from '../model-session.ts';
import { NetworkTile } from './network-tile.ts';

type Session = Pick<ModelSession, 'run' | 'card'>;

/** Doubles every pixel; holds tiles of at most `most` pixels, and keeps a list of what it ran. */
function doubler(most: number, fatal = false): { session: Session; ran: Size[] } {
  const ran: Size[] = [];
  const run: Session['run'] = (planes, { width, height }) => {
    if (width * height > most) return Promise.resolve(fail('out-of-memory', 'too large', { fatal }));
    ran.push({ width, height });
    const result = new Float32Array(planes.length * 4);
    for (let i = 0; i < result.length; i++) {
      const x = i % (2 * width);
      const row = Math.floor(i / (2 * width));
      result[i] = planes[Math.floor(row / 2) * width + (x >> 1)] ?? 0;
    }
    return Promise.resolve(ok(result));
  };
  const card = { scale: 2, tiles: { context: 2, blend: 2, multiple: 1 } } as Session['card'];
  return { session: { run, card }, ran };
}

const size = { width: 40, height: 30 };
const planes = Float32Array.from({ length: 3 * 40 * 30 }, (_, i) => (i * 7) % 101);

describe('NetworkTile', () => {
  it('cuts a tile that memory cannot hold, gives the same result, and stays small afterwards', async () => {
    const expected = await doubler(Infinity).session.run(planes, size);
    const { session, ran } = doubler(500);
    const notices: Failure[] = [];
    const tile = new NetworkTile(session, null, (notice) => notices.push(notice));
    const result = await tile.run(planes, size);
    expect(result.ok && expected.ok && result.value).toEqual(expected.ok && expected.value);
    expect(ran.length).toBeGreaterThan(1);
    expect(notices.every(({ code }) => code === 'out-of-memory')).toBe(true);

    const before = notices.length;
    await tile.run(planes, size);
    expect(notices.length).toBe(before); // no second attempt at the large size
    expect(tile.limit).not.toBeNull();
  });

  it('cuts a tile that was turned to fit a network of one fixed shape', async () => {
    const expected = await doubler(Infinity).session.run(planes, size);
    const { session, ran } = doubler(Infinity);
    const fixed = { width: 30, height: 40 };
    const card = { ...session.card, tiles: { ...session.card.tiles, fixed } };
    const result = await new NetworkTile({ ...session, card }, null, () => undefined).run(planes, size);
    expect(result.ok && expected.ok && result.value).toEqual(expected.ok && expected.value);
    expect(ran.length).toBeGreaterThan(1);
    expect(ran.every(({ width, height }) => width <= 30 && height <= 40)).toBe(true);
  });

  it('gives up when even the smallest tile is too much', async () => {
    const tile = new NetworkTile(doubler(1).session, null, () => undefined);
    expect(await tile.run(planes, size)).toMatchObject({ ok: false, error: { code: 'out-of-memory' } });
  });

  it('leaves an aborted runtime to a new worker, with the smaller tile already set', async () => {
    const { session, ran } = doubler(500, true);
    const tile = new NetworkTile(session, null, () => undefined);
    expect(await tile.run(planes, size)).toMatchObject({ ok: false, error: { detail: { fatal: true } } });
    expect(ran).toEqual([]);
    expect(tile.limit?.width).toBeLessThan(40);
  });
});
