import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../picture/memory-store.ts';
import type { Depth } from '../../picture/pixel-store.ts';
import { cropPlanes } from '../../tiles/pad.ts';
import { padTo, paddedSize, readPadded } from './pad-to.ts';

const side = fc.integer({ min: 1, max: 30 });

describe('padTo', () => {
  it('repeats the last column and row', () => {
    const planes = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const padded = padTo(planes, { width: 2, height: 2 }, { width: 4, height: 3 });
    expect([...padded]).toEqual([1, 2, 2, 2, 3, 4, 4, 4, 3, 4, 4, 4, 5, 6, 6, 6, 7, 8, 8, 8, 7, 8, 8, 8]);
  });

  it('is undone by cropping, and leaves alone what fits', () => {
    fc.assert(
      fc.property(side, side, fc.constantFrom(1, 8, 64), (width, height, multiple) => {
        const size = { width, height };
        const planes = Float32Array.from({ length: 3 * width * height }, (_, i) => i);
        const to = paddedSize(size, multiple);
        expect([to.width % multiple, to.height % multiple]).toEqual([0, 0]);
        expect(Math.max(to.width - width, to.height - height)).toBeLessThan(multiple);
        const padded = padTo(planes, size, to);
        if (multiple === 1) expect(padded).toBe(planes);
        expect(cropPlanes(padded, to, size)).toEqual(planes);
      }),
    );
  });

  it('reaches a least size', () => {
    expect(paddedSize({ width: 9, height: 700 }, 8, { width: 512, height: 512 })).toEqual({
      width: 512,
      height: 704,
    });
  });
});

describe('readPadded', () => {
  it('repeats the nearest pixel on every side, in both depths', async () => {
    const place = fc.integer({ min: -40, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ width: side, height: side }),
        fc.record({ x: place, y: place, width: side, height: side }),
        fc.constantFrom<Depth>(8, 16),
        async (size, rect, depth) => {
          const length = size.width * size.height * 4;
          const data = depth === 8 ? new Uint8Array(length) : new Uint16Array(length);
          for (let i = 0; i < length; i++) data[i] = i % 251;
          const store = MemoryStore.over(size, depth, data.buffer);
          const block = await readPadded(store, rect);
          expect([block.width, block.height]).toEqual([rect.width, rect.height]);
          const whole = await store.read({ x: 0, y: 0, ...size });
          const clamp = (at: number, length: number): number => Math.max(0, Math.min(length - 1, at));
          for (let y = 0, i = 0; y < rect.height; y++) {
            for (let x = 0; x < rect.width; x++) {
              const from = clamp(rect.y + y, size.height) * size.width + clamp(rect.x + x, size.width);
              for (let sample = 0; sample < 4; sample++) {
                if (block.data[i++] !== whole.data[from * 4 + sample]) {
                  throw new Error(`Another pixel at ${x}, ${y}`);
                }
              }
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
