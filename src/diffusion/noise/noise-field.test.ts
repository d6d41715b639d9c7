import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noiseField, type LatentArea, type LatentShape, type NoiseSource } from './noise-field.ts';
import { philoxNormals } from './philox.ts';
import { TorchCpuGenerator } from './torch-cpu.ts';

const sources: readonly NoiseSource[] = ['philox', 'mt19937'];
const shape: LatentShape = { channels: 4, height: 6, width: 7 };
const seeds = fc.nat({ max: 2 ** 40 });

/** A cut of whole rows and columns of a map at any places. */
const cuts = fc.record({
  shape: fc.record({
    channels: fc.constant(4),
    height: fc.integer({ min: 1, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
  }),
  tile: fc.integer({ min: 1, max: 13 }),
  seed: seeds,
  draw: fc.nat({ max: 3 }),
});

function tiles({ width, height }: LatentShape, size: number): LatentArea[] {
  const areas: LatentArea[] = [];
  for (let y = 0; y < height; y += size) {
    for (let x = 0; x < width; x += size) {
      areas.push({ x, y, width: Math.min(size, width - x), height: Math.min(size, height - y) });
    }
  }
  return areas;
}

describe.each(sources)('%s', (source) => {
  it('gives the same picture however it is cut into tiles, and in whatever order', () => {
    fc.assert(
      fc.property(cuts, ({ shape, tile, seed, draw }) => {
        const field = noiseField(source, seed, shape);
        const joined = new Float32Array(4 * shape.height * shape.width);
        for (const area of tiles(shape, tile).reverse()) {
          const values = field.draw(draw, area);
          values.forEach((value, i) => {
            const [channel, rest] = [
              Math.floor(i / (area.width * area.height)),
              i % (area.width * area.height),
            ];
            const [y, x] = [area.y + Math.floor(rest / area.width), area.x + (rest % area.width)];
            joined[(channel * shape.height + y) * shape.width + x] = value;
          });
        }
        expect(joined).toEqual(noiseField(source, seed, shape).draw(draw));
      }),
      { numRuns: 60 },
    );
  });

  it('draws anew for every number, and the same for the same one', () => {
    const field = noiseField(source, 42, shape);
    const [first, third] = [field.draw(0), field.draw(2)];
    expect(third).not.toEqual(first);
    expect(field.draw(0)).toEqual(first);
    expect(field.draw(2)).toEqual(third);
  });

  it('has the mean and spread of normal values', () => {
    const values = noiseField(source, 7, { channels: 4, height: 64, width: 64 }).draw(0);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length - mean * mean;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('has nothing outside its map', () => {
    const field = noiseField(source, 1, shape);
    expect(() => field.draw(0, { x: 1, y: 0, width: 7, height: 1 })).toThrow();
    expect(() => field.draw(0, { x: 0, y: -1, width: 1, height: 1 })).toThrow();
  });
});

it('draws in the order of one generator a picture', () => {
  const length = 4 * 6 * 7;
  const field = noiseField('philox', 5, shape);
  expect(field.draw(3)).toEqual(philoxNormals(5, 3, 0, length));
  const torch = noiseField('mt19937', 5, shape);
  const generator = new TorchCpuGenerator(5);
  expect(torch.draw(0)).toEqual(generator.normals(length));
  expect(torch.draw(1)).toEqual(generator.normals(length));
});
