import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../../src/base/result.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import { addRestored, orient, orientations, orientedSize, runOriented, type RunsTiles } from './augment.ts';

const rules = { scale: 2, tiles: { context: 0, blend: 0, multiple: 1 } };
const side = fc.integer({ min: 1, max: 9 });
const size = fc.record({ width: side, height: side });

function planesOf({ width, height }: Size, channels = 3): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: channels * width * height }, (_, i) =>
    Math.fround(Math.sin(i * 12.9898)),
  );
}

/** A network that is not the same in every direction: doubles, and adds the pixel to the right and the place. */
function crooked(ran: Size[] = []): RunsTiles {
  return {
    run: (planes, { width, height }) => {
      ran.push({ width, height });
      const result = new Float32Array(planes.length * 4);
      for (let i = 0; i < result.length; i++) {
        const x = (i % (2 * width)) >> 1;
        const row = Math.floor(i / (4 * width));
        const here = planes[row * width + x] ?? 0;
        result[i] = here + 0.25 * (planes[row * width + Math.min(width - 1, x + 1)] ?? 0) + (i % 2) * 0.1;
      }
      return Promise.resolve(ok(result));
    },
  };
}

describe('orientations', () => {
  it('are so many, all different, and turn exactly back', () => {
    fc.assert(
      fc.property(size, (of) => {
        const planes = planesOf(of);
        for (const orientation of orientations(8)) {
          const back = new Float32Array(planes.length);
          addRestored(back, orient(planes, of, orientation), of, orientation);
          expect(back).toEqual(planes);
        }
      }),
    );
    const of = { width: 3, height: 2 };
    const seen = orientations(8).map(
      (one) => `${orientedSize(of, one).width} ${orient(planesOf(of, 1), of, one).join()}`,
    );
    expect(new Set(seen).size).toBe(8);
    expect(orientations(4).some(({ transpose }) => transpose)).toBe(false);
    expect(orientations(2)).toEqual([
      { mirror: false, flip: false, transpose: false },
      { mirror: true, flip: false, transpose: false },
    ]);
  });

  it('turn by what they say', () => {
    const planes = new Float32Array([1, 2, 3, 4, 5, 6]);
    const of = { width: 3, height: 2 };
    const none = { mirror: false, flip: false, transpose: false };
    expect([...orient(planes, of, { ...none, mirror: true })]).toEqual([3, 2, 1, 6, 5, 4]);
    expect([...orient(planes, of, { ...none, flip: true })]).toEqual([4, 5, 6, 1, 2, 3]);
    expect([...orient(planes, of, { ...none, transpose: true })]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('are a group: a turned picture has the same eight', () => {
    const of = { width: 4, height: 3 };
    const planes = planesOf(of, 1);
    const list = (from: Float32Array<ArrayBuffer>, its: Size): string[] =>
      orientations(8)
        .map((one) => orient(from, its, one).join())
        .sort();
    for (const one of orientations(8)) {
      expect(list(orient(planes, of, one), orientedSize(of, one))).toEqual(list(planes, of));
    }
  });
});

describe('runOriented', () => {
  it('is the plain run with one orientation', async () => {
    const of = { width: 5, height: 4 };
    expect(await runOriented(crooked(), 1, rules, planesOf(of), of)).toEqual(
      await crooked().run(planesOf(of), of),
    );
  });

  it('is the mean of the runs, each turned back', async () => {
    const of = { width: 5, height: 3 };
    const planes = planesOf(of);
    const large = { width: 10, height: 6 };
    const sum = new Float32Array(planes.length * 4);
    for (const one of orientations(8)) {
      const ran = await crooked().run(orient(planes, of, one), orientedSize(of, one));
      if (ran.ok) addRestored(sum, ran.value, large, one);
    }
    const done = await runOriented(crooked(), 8, rules, planes, of);
    expect(done.ok && done.value).toEqual(sum.map((value) => value / 8));
  });

  it('turns with the picture', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.constantFrom(...orientations(8)), async (of, turn) => {
        const planes = planesOf(of);
        const straight = await runOriented(crooked(), 8, rules, planes, of);
        const turned = await runOriented(
          crooked(),
          8,
          rules,
          orient(planes, of, turn),
          orientedSize(of, turn),
        );
        if (!straight.ok || !turned.ok) throw new Error('It failed.');
        const back = new Float32Array(turned.value.length);
        addRestored(back, turned.value, { width: of.width * 2, height: of.height * 2 }, turn);
        for (const [i, value] of back.entries()) expect(value).toBeCloseTo(straight.value[i] ?? NaN, 5);
      }),
      { numRuns: 30 },
    );
  });

  it('fills up before it turns, and gives back the size that was asked for', async () => {
    const ran: Size[] = [];
    const tiles = { context: 0, blend: 0, multiple: 4, least: 8 };
    const of = { width: 9, height: 3 };
    const done = await runOriented(crooked(ran), 8, { scale: 2, tiles }, planesOf(of), of);
    expect(done.ok && done.value.length).toBe(3 * 18 * 6);
    expect(ran.map(({ width, height }) => `${width}x${height}`)).toEqual([
      ...Array<string>(4).fill('12x8'),
      ...Array<string>(4).fill('8x12'),
    ]);
  });

  it('ends with the first failure', async () => {
    const broken: RunsTiles = { run: () => Promise.resolve(fail('gpu-lost', 'Gone.')) };
    const of = { width: 2, height: 2 };
    expect(await runOriented(broken, 4, rules, planesOf(of), of)).toMatchObject({
      ok: false,
      error: { code: 'gpu-lost' },
    });
  });
});
