import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import type { Rect, Size } from '../../picture/geometry.ts';
import { Blender } from '../../tiles/blend.ts';
import { cutPlanes } from '../../tiles/cut.ts';
import { cropPlanes, padPlanes } from '../../tiles/pad.ts';
import { planVae, vaePixels, vaeRules, type VaeTileOptions } from './vae.ts';

const side = fc.oneof(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 130 }));
const options: fc.Arbitrary<VaeTileOptions> = fc.record({
  tile: fc.record({
    width: fc.constantFrom(16, 32, 44, 48, 64),
    height: fc.constantFrom(16, 32, 44, 48, 64),
  }),
  overlap: fc.integer({ min: 0, max: 24 }),
});

type Planes = Float32Array<ArrayBuffer>;

/** A decoder that makes each place a square of its own value, in 3 channels. */
function decode(latent: Planes, { width, height }: Size): Planes {
  const result = new Float32Array(3 * width * height * 64);
  for (let i = 0; i < result.length; i++) {
    const x = Math.floor((i % (width * 8)) / 8);
    const line = Math.floor(i / (width * 8));
    result[i] = latent[Math.floor((line % (height * 8)) / 8) * width + x] as number;
  }
  return result;
}

describe('planVae', () => {
  it('decodes in tiles of one shape what a decoder makes of the whole map', () => {
    fc.assert(
      fc.property(fc.record({ width: side, height: side }), options, (size, options) => {
        const rules = vaeRules(options);
        const plan = planVae(size, options);
        const map = Float32Array.from({ length: 4 * size.width * size.height }, (_, i) => Math.sin(i));
        const blender = new Blender(plan, 8, 3);
        const picture = new Float32Array(3 * size.width * size.height * 64).fill(NaN);
        for (const tile of plan.tiles) {
          const filled = padPlanes(cutPlanes(map, size, tile.read), tile.read, rules);
          expect(filled.size).toMatchObject(options.tile);
          const decoded = cropPlanes(
            decode(filled.planes, filled.size),
            vaePixels({ x: 0, y: 0, ...filled.size }),
            vaePixels(tile.read),
          );
          const { rect, planes } = blender.add(tile, decoded);
          put(picture, { width: size.width * 8, height: size.height * 8 }, rect, planes);
        }
        const whole = decode(map, size);
        const worst = picture.reduce((most, value, i) => Math.max(most, Math.abs(value - at(whole, i))), 0);
        expect(worst).toBeLessThan(1e-6);
      }),
      { numRuns: 25 },
    );
  });

  it('decodes 4096 x 4096 pixels in tiles of 512, 4 places of context and 8 mixed', () => {
    const plan = planVae({ width: 512, height: 512 });
    expect(plan.tile).toEqual({ width: 64, height: 64 });
    expect([plan.columns, plan.rows]).toEqual([11, 11]);
    for (const { read, write, overlap, column } of plan.tiles) {
      expect([read.width, read.height]).toEqual([64, 64]);
      if (column > 0) expect(write.x - read.x).toBeGreaterThanOrEqual(4);
      expect(overlap.left).toBe(column > 0 ? 8 : 0);
    }
    expect(vaePixels(at(plan.tiles, 1).read)).toEqual({ x: 352, y: 0, width: 512, height: 512 });
  });

  it('shares a quarter of small tiles at most', () => {
    expect(vaeRules({ tile: { width: 44, height: 64 }, overlap: 16 })).toMatchObject({
      context: 2,
      blend: 7,
    });
    expect(vaeRules({ tile: { width: 64, height: 64 }, overlap: 8 })).toMatchObject({ context: 2, blend: 4 });
  });
});

function put(picture: Planes, size: Size, rect: Rect, planes: Planes): void {
  for (let channel = 0, from = 0; channel < 3; channel++) {
    for (let y = 0; y < rect.height; y++, from += rect.width) {
      const to = (channel * size.height + rect.y + y) * size.width + rect.x;
      picture.set(planes.subarray(from, from + rect.width), to);
    }
  }
}
