import { describe, expect, it } from 'vitest';
import { failure, ok } from '../../../src/base/result.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import { cutPlanes } from '../../../src/tiles/cut.ts';
import { halve } from '../../../src/tiles/fit.ts';
import { planTiles } from '../../../src/tiles/plan.ts';
import type { PooledSession } from '../pooled-session.ts';
import { SharedMeans } from './shared-means.ts';

type Planes = Float32Array<ArrayBuffer>;

const rules = { context: 4, blend: 4, multiple: 2, least: 8 };
const size = { width: 70, height: 46 };
const points = [
  { channels: 3, rate: 1, extra: 0 },
  { channels: 3, rate: 1, extra: 0 },
];

/** Values that differ from place to place. */
function picture(): Planes {
  return Float32Array.from({ length: 3 * size.width * size.height }, (_, i) => ((i * 7919) % 1000) / 1000);
}

/** The mean of a tile's part itself, and after the first the known one on top; too much above `most` pixels. */
function pooled(most = Infinity): Pick<PooledSession, 'points' | 'mean'> {
  return {
    points,
    mean: (planes, tile, known, { from, to }) => {
      if (tile.width * tile.height > most) {
        return Promise.resolve({ ok: false, error: failure('out-of-memory', 'Too much.') });
      }
      const part = cutPlanes(planes, tile, {
        x: from[1],
        y: from[0],
        width: to[1] - from[1],
        height: to[0] - from[0],
      });
      return Promise.resolve(ok(averages(part).map((value, i) => value + (known[0]?.[i] ?? 0))));
    },
  };
}

function averages(planes: Planes): Planes {
  const plane = planes.length / 3;
  return Float32Array.from({ length: 3 }, (_, channel) => {
    const part = planes.subarray(channel * plane, (channel + 1) * plane);
    return part.reduce((sum, value) => sum + value, 0) / plane;
  });
}

class Network {
  limit: Size | null = null;

  shrink(tile: Size): Size | null {
    return (this.limit = halve(tile, rules));
  }
}

async function gather(means: SharedMeans, from: number, to: number): Promise<void> {
  const plan = planTiles(size, { width: 30, height: 24 }, rules);
  for (let index = from; index < to; index++) {
    const { tile } = means.step(index);
    const read = plan.tiles[tile]?.read;
    if (!read) throw new Error('No such tile.');
    expect(await means.gather(index, cutPlanes(picture(), size, read))).toEqual(ok(null));
  }
}

describe('SharedMeans', () => {
  const plan = planTiles(size, { width: 30, height: 24 }, rules);
  const [red = 0, green = 0, blue = 0] = averages(picture());

  it.each([
    ['with tiles that fit', Infinity],
    ['with tiles that are too much, and are cut', 500],
  ])('are the means of the whole picture, %s', async (_, most) => {
    const means = new SharedMeans(pooled(most), rules, plan, new Network(), ['colour']);
    expect(means.steps).toBe(2 * plan.tiles.length);
    await gather(means, 0, means.steps);
    const [first = [], second = []] = means.of('colour').map((mean) => [...mean]);
    for (const [i, value] of [red, green, blue].entries()) {
      expect(first[i]).toBeCloseTo(value, 5);
      expect(second[i]).toBeCloseTo(2 * value, 5);
    }
  });

  it('goes on from its state, and keeps colour and alpha apart', async () => {
    const whole = new SharedMeans(pooled(), rules, plan, new Network(), ['colour', 'alpha']);
    await gather(whole, 0, whole.steps);
    const begun = new SharedMeans(pooled(), rules, plan, new Network(), ['colour', 'alpha']);
    await gather(begun, 0, 5);
    const state = structuredClone(begun.state());
    const resumed = new SharedMeans(pooled(), rules, plan, new Network(), ['colour', 'alpha'], state);
    await gather(resumed, 5, resumed.steps);
    expect(resumed.of('colour')).toEqual(whole.of('colour'));
    expect(resumed.of('alpha')).toEqual(whole.of('alpha'));
    expect(whole.step(2 * plan.tiles.length)).toEqual({ tile: 0, through: 'alpha' });
  });
});
