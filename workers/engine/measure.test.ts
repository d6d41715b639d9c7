import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../src/base/result.ts';
import { measureSpeed } from './measure.ts';
import type { ModelSession } from './model-session.ts';

/** A network that takes a fixed time a pixel, on a clock of its own. */
function network(secondsPerPixel: number) {
  let now = 0;
  const sides: number[] = [];
  const run: ModelSession['run'] = (_, size) => {
    now += size.width * size.height * secondsPerPixel * 1000;
    sides.push(size.width);
    return Promise.resolve(ok(new Float32Array(0)));
  };
  return { session: { run }, sides, clock: () => now };
}

describe('measureSpeed', () => {
  it('grows the tile until a run takes long enough to be timed', async () => {
    const { session, sides, clock } = network(1e-5);
    const speed = await measureSpeed(session, Infinity, 32, clock);
    expect(speed.ok && speed.value).toBeCloseTo(1e5);
    expect(sides).toEqual([32, 32, 64, 64, 64, 128, 128, 128]);
  });

  it('stops at once on a very slow device', async () => {
    const { session, sides, clock } = network(0.01);
    const speed = await measureSpeed(session, Infinity, 32, clock);
    expect(speed.ok && speed.value).toBeCloseTo(100);
    expect(sides).toEqual([32]);
  });

  it('asks a slow device for no more than two small runs', async () => {
    const { session, sides, clock } = network(1e-3);
    const speed = await measureSpeed(session, Infinity, 32, clock);
    expect(speed.ok && speed.value).toBeCloseTo(1e3);
    expect(sides).toEqual([32, 32]);
  });

  it('begins with the tile it is told to', async () => {
    const { session, sides, clock } = network(0.01);
    const speed = await measureSpeed(session, Infinity, 8, clock);
    expect(speed.ok && speed.value).toBeCloseTo(100);
    expect(sides).toEqual([8, 8]);
  });

  it('is not misled by a slow first run', async () => {
    const { session, clock } = network(1e-5);
    let runs = 0;
    let late = 0;
    const run: ModelSession['run'] = (planes, size) => {
      if (runs++ % 3 === 1) late += 900; // milliseconds of something else
      return session.run(planes, size);
    };
    const speed = await measureSpeed({ run }, Infinity, 32, () => clock() + late);
    expect(speed.ok && speed.value).toBeCloseTo(1e5);
  });

  it('keeps within what the device can hold', async () => {
    const { session, sides, clock } = network(1e-7);
    await measureSpeed(session, 64 * 64, 32, clock);
    expect(Math.max(...sides)).toBe(64);
  });

  it('passes a failure on', async () => {
    const session = { run: () => Promise.resolve(fail('gpu-lost', 'gone')) };
    const speed = await measureSpeed(session, Infinity);
    expect(speed).toMatchObject({ ok: false, error: { code: 'gpu-lost' } });
  });
});
