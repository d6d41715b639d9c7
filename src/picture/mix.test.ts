import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rectOf } from './geometry.ts';
import { MemoryStore } from './memory-store.ts';
import { laidOn, mixed, withAlphaOf } from './mix.ts';
import { ontoColour } from './onto-store.ts';
import type { PixelBlock } from './pixel-store.ts';

function block(...samples: number[]): PixelBlock {
  return { width: samples.length / 4, height: 1, data: new Uint8ClampedArray(samples) };
}

const samples = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 8, maxLength: 8 });

describe('mixed', () => {
  it('mixes every channel, alpha too, and rounds', () => {
    expect([...mixed(block(0, 10, 255, 255), block(255, 30, 255, 0), 0.25, 8).data]).toEqual([
      64, 15, 255, 191,
    ]);
  });

  it('gives the one at 0 and the other at 1, and is never beyond the two', () => {
    fc.assert(
      fc.property(samples, samples, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
        const [one, two] = [block(...a), block(...b)];
        expect([...mixed(one, two, 0, 8).data]).toEqual(a);
        expect([...mixed(one, two, 1, 8).data]).toEqual(b);
        for (const [i, value] of mixed(one, two, share, 8).data.entries()) {
          expect(value).toBeGreaterThanOrEqual(Math.min(a[i] ?? 0, b[i] ?? 0));
          expect(value).toBeLessThanOrEqual(Math.max(a[i] ?? 0, b[i] ?? 0));
        }
      }),
    );
  });

  it('brings depths together', () => {
    const fine = { width: 1, height: 1, data: new Uint16Array([65535, 0, 257, 65535]) };
    expect([...mixed(block(255, 0, 1, 255), fine, 0.5, 8).data]).toEqual([255, 0, 1, 255]);
    expect([...mixed(block(255, 0, 1, 255), fine, 0.5, 16).data]).toEqual([65535, 0, 257, 65535]);
  });

  it('refuses blocks of two sizes', () => {
    expect(() => mixed(block(1, 2, 3, 4), block(1, 2, 3, 4, 5, 6, 7, 8), 0.5, 8)).toThrow('Blocks of');
  });
});

describe('withAlphaOf', () => {
  it('takes colours from the one and alpha from the other', () => {
    expect([...withAlphaOf(block(1, 2, 3, 4), block(5, 6, 7, 8)).data]).toEqual([1, 2, 3, 8]);
  });
});

describe('laidOn', () => {
  it('is opaque, keeps what was opaque and shows the colour where there was nothing', () => {
    const laid = laidOn(block(9, 8, 7, 255, 9, 8, 7, 0, 200, 0, 0, 51), [1, 0, 0]);
    expect([...laid.data]).toEqual([9, 8, 7, 255, 255, 0, 0, 255, 244, 0, 0, 255]);
  });

  it('is what a store shows on a colour', async () => {
    const made = MemoryStore.create({ width: 2, height: 1 }, 8);
    if (!made.ok) throw new Error(made.error.message);
    await made.value.write(rectOf(made.value), block(0, 0, 0, 0, 10, 20, 30, 255));
    const seen = await ontoColour(made.value, '#0080ff').read(rectOf(made.value));
    expect([...seen.data]).toEqual([0, 128, 255, 255, 10, 20, 30, 255]);
  });
});
