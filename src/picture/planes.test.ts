import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PixelBlock } from './pixel-store.ts';
import { alphaPlane, blockFromPlanes, rgbPlanes } from './planes.ts';

describe('planes', () => {
  it('are red, green and blue one after another, 0 to 1', () => {
    const block: PixelBlock = {
      width: 2,
      height: 1,
      data: new Uint8ClampedArray([0, 51, 102, 153, 255, 204, 1, 0]),
    };
    const expected = [0, 1, 0.2, 0.8, 0.4, 1 / 255];
    for (const [i, value] of rgbPlanes(block).entries()) expect(value).toBeCloseTo(expected[i] ?? NaN, 6);
    expect([...alphaPlane(block)]).toEqual([Math.fround(0.6), 0]);
  });

  it('give every level back exactly', () => {
    for (const depth of [8, 16] as const) {
      const most = depth === 8 ? 255 : 65535;
      const data = depth === 8 ? new Uint8ClampedArray(1024) : new Uint16Array(65536 * 4);
      data.forEach((_, i) => {
        data[i] = (i >> 2) ^ (i % 4 === 3 ? most : 0);
      });
      const block: PixelBlock = { width: data.length / 4, height: 1, data };
      const back = blockFromPlanes(rgbPlanes(block), alphaPlane(block), block, depth);
      expect(back.data.length).toBe(data.length);
      expect(back.data.every((value, i) => value === data[i])).toBe(true);
    }
  });

  it('become samples that are clamped and nearest, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float(), { minLength: 4, maxLength: 4 }),
        fc.constantFrom(8 as const, 16 as const),
        (values, depth) => {
          const most = depth === 8 ? 255 : 65535;
          const [red = 0, green = 0, blue = 0, alpha = 0] = values;
          const size = { width: 1, height: 1 };
          const planes = Float32Array.of(red, green, blue);
          const { data } = blockFromPlanes(planes, Float32Array.of(alpha), size, depth);
          for (const [i, value] of values.entries()) {
            const ideal = Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, value)) * most;
            expect(Math.abs((data[i] ?? NaN) - ideal)).toBeLessThanOrEqual(0.5 + 1e-9);
          }
        },
      ),
      {
        examples: [
          [[NaN, Infinity, -Infinity, -0], 8],
          [[NaN, Infinity, 1.5, 0.99999994], 16],
        ],
      },
    );
  });

  it('without alpha are opaque', () => {
    const size = { width: 1, height: 1 };
    expect(blockFromPlanes(new Float32Array(3), null, size, 8).data[3]).toBe(255);
    expect(blockFromPlanes(new Float32Array(3), null, size, 16).data[3]).toBe(65535);
  });

  it('of another size are refused', () => {
    expect(() => blockFromPlanes(new Float32Array(4), null, { width: 1, height: 1 }, 8)).toThrow(/planes/u);
  });
});
