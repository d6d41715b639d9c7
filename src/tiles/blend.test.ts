import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import type { Rect, Size } from '../picture/geometry.ts';
import { Blender } from './blend.ts';
import { planTiles, type TilePlan } from './plan.ts';

type Planes = Float32Array<ArrayBuffer>;
type Network = (planes: Planes, size: Size) => Planes;

const channels = 2;
const primes = [1, 2, 3, 5, 7, 11, 13, 17, 23, 31, 47, 61];
const side = fc.oneof(fc.constantFrom(...primes), fc.integer({ min: 1, max: 90 }));
const size = fc.record({ width: side, height: side });
const asked = fc.record({
  size,
  tile: fc.record({ width: fc.integer({ min: 1, max: 64 }), height: fc.integer({ min: 1, max: 64 }) }),
  rules: fc.record({
    context: fc.integer({ min: 0, max: 6 }),
    blend: fc.integer({ min: 0, max: 6 }),
    multiple: fc.constantFrom(1, 1, 4),
  }),
  scale: fc.constantFrom(1, 2, 3),
});

function noise(size: Size, seed: number): Planes {
  let state = seed | 1;
  return Float32Array.from({ length: channels * size.width * size.height }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return (state >>> 8) / 2 ** 24;
  });
}

function cut(planes: Planes, size: Size, rect: Rect): Planes {
  const part = new Float32Array(channels * rect.width * rect.height);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < rect.height; y++) {
      for (let x = 0; x < rect.width; x++) {
        part[to++] = at(planes, (channel * size.height + rect.y + y) * size.width + rect.x + x);
      }
    }
  }
  return part;
}

function same(a: Planes, b: Planes): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Each pixel becomes a block of scale x scale equal ones. */
function enlarge(planes: Planes, size: Size, scale: number): Planes {
  const wide = size.width * scale;
  const tall = size.height * scale;
  return Float32Array.from({ length: channels * wide * tall }, (_, i) => {
    const x = Math.floor((i % wide) / scale);
    const y = Math.floor((Math.floor(i / wide) % tall) / scale);
    return at(planes, (Math.floor(i / (wide * tall)) * size.height + y) * size.width + x);
  });
}

/** A 3x3 box with zeros beyond the edges, `times` over: a network with a receptive field of `times`. */
function boxes(planes: Planes, size: Size, times: number): Planes {
  let from = planes;
  for (let i = 0; i < times; i++) {
    const to = new Float32Array(from.length);
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < size.height; y++) {
        for (let x = 0; x < size.width; x++) {
          let sum = 0;
          for (let dy = -1; dy <= 1; dy++) {
            for (let dx = -1; dx <= 1; dx++) {
              const inside = x + dx >= 0 && x + dx < size.width && y + dy >= 0 && y + dy < size.height;
              if (inside) sum += at(from, (c * size.height + y + dy) * size.width + x + dx);
            }
          }
          to[(c * size.height + y) * size.width + x] = sum / 9;
        }
      }
    }
    from = to;
  }
  return from;
}

/** Runs a plan and checks on the way that every output pixel is finished exactly once. */
function run(plan: TilePlan, scale: number, planes: Planes, network: Network, restartAt = -1): Planes {
  const whole = { width: plan.size.width * scale, height: plan.size.height * scale };
  const out = new Float32Array(channels * whole.width * whole.height);
  const seen = new Uint8Array(out.length);
  let blender = new Blender(plan, scale, channels);
  for (const tile of plan.tiles) {
    if (tile.index === restartAt) {
      blender = new Blender(plan, scale, channels, structuredClone(blender.pending()));
    }
    const done = blender.add(tile, network(cut(planes, plan.size, tile.read), tile.read));
    let from = 0;
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < done.rect.height; y++) {
        for (let x = 0; x < done.rect.width; x++) {
          const to = (c * whole.height + done.rect.y + y) * whole.width + done.rect.x + x;
          seen[to] = (seen[to] as number) + 1;
          out[to] = done.planes[from++] as number;
        }
      }
    }
    expect(from).toBe(done.planes.length);
  }
  expect(seen.every((count) => count === 1)).toBe(true);
  return out;
}

describe('Blender', () => {
  it('covers every output pixel once and gives constant planes back as they were', () => {
    fc.assert(
      fc.property(asked, ({ size, tile, rules, scale }) => {
        const plan = planTiles(size, tile, rules);
        const flat = new Float32Array(channels * size.width * size.height).fill(0.7);
        const out = run(plan, scale, flat, (planes, read) => enlarge(planes, read, scale));
        expect(out.every((value) => Math.abs(value - 0.7) < 1e-6)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gives what an untiled run gives, for a network that looks at single pixels', () => {
    fc.assert(
      fc.property(asked, fc.integer(), ({ size, tile, rules, scale }, seed) => {
        const planes = noise(size, seed);
        const plan = planTiles(size, tile, rules);
        const out = run(plan, scale, planes, (part, read) => enlarge(part, read, scale));
        expect(same(out, enlarge(planes, size, scale))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gives what an untiled run gives, for a network whose receptive field is the context', () => {
    fc.assert(
      fc.property(asked, fc.integer(), ({ size, tile, rules }, seed) => {
        const planes = noise(size, seed);
        const network: Network = (part, read) => boxes(part, read, rules.context);
        expect(run(planTiles(size, tile, rules), 1, planes, network)).toEqual(network(planes, size));
      }),
      { numRuns: 40 },
    );
  });

  it('shows a context that is too small', () => {
    const size = { width: 40, height: 40 };
    const plan = planTiles(size, { width: 24, height: 24 }, { context: 2, blend: 4, multiple: 1 });
    expect(plan.tiles.length).toBeGreaterThan(1);
    const network: Network = (part, read) => boxes(part, read, 4);
    const planes = noise(size, 5);
    expect(run(plan, 1, planes, network)).not.toEqual(network(planes, size));
  });

  it('mixes neighbours with smooth weights that sum to one, in corners too', () => {
    const plan = planTiles(
      { width: 60, height: 60 },
      { width: 36, height: 36 },
      { context: 2, blend: 8, multiple: 1 },
    );
    expect([plan.columns, plan.rows]).toEqual([2, 2]);
    // Each tile answers with its own index: what comes out are the weights.
    const answers = plan.tiles.map((tile) =>
      run(
        plan,
        1,
        noise(plan.size, 1),
        (() => {
          let index = 0;
          return (part) => new Float32Array(part.length).fill(index++ === tile.index ? 1 : 0);
        })(),
      ),
    );
    const length = at(answers, 0).length;
    for (let i = 0; i < length; i++) {
      const weights = answers.map((answer) => at(answer, i));
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
      expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
    }
    const [first] = answers;
    const across = Array.from({ length: 60 }, (_, x) => first?.[x] ?? NaN);
    const down = Array.from({ length: 60 }, (_, y) => first?.[y * 60] ?? NaN);
    const rim = at(plan.tiles, 1).write.x;
    for (const line of [across, down]) {
      expect(line[rim - 1]).toBe(1);
      expect(line[rim + 8]).toBe(0);
      expect(at(line, rim)).toBeGreaterThan(0.98);
      for (let i = rim; i < rim + 8; i++) expect(at(line, i)).toBeGreaterThan(at(line, i + 1));
    }
  });

  it('goes on from its pending rims as if it had not stopped', () => {
    fc.assert(
      fc.property(asked, fc.integer(), fc.nat(), ({ size, tile, rules, scale }, seed, stop) => {
        const plan = planTiles(size, tile, rules);
        const planes = noise(size, seed);
        const network: Network = (part, read) => enlarge(boxes(part, read, 2), read, scale);
        const restart = stop % plan.tiles.length;
        const resumed = run(plan, scale, planes, network, restart);
        expect(same(resumed, run(plan, scale, planes, network))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('returns the planes of a lone tile as they came', () => {
    const plan = planTiles(
      { width: 5, height: 4 },
      { width: 64, height: 64 },
      { context: 8, blend: 8, multiple: 1 },
    );
    const planes = new Float32Array(channels * 20 * 16);
    const done = new Blender(plan, 4, channels).add(at(plan.tiles, 0), planes);
    expect(done.planes).toBe(planes);
    expect(done.rect).toEqual({ x: 0, y: 0, width: 20, height: 16 });
  });

  it('keeps only a strip and a band, not a row of tiles', () => {
    const plan = planTiles(
      { width: 1000, height: 1000 },
      { width: 200, height: 200 },
      { context: 16, blend: 8, multiple: 1 },
    );
    const [strip, band] = new Blender(plan, 4, 3).pending();
    const tallest = Math.max(...plan.tiles.map(({ write }) => write.height));
    expect(strip?.length).toBe(3 * 32 * tallest * 4);
    expect(band?.length).toBe(3 * 32 * 4000);
  });
});
