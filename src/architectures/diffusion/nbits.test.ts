import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHalf } from '../../formats/float16.ts';
import { dequantiseMatrix, quantiseChannels, quantiseMatrix } from './nbits.ts';

const weight = fc.double({ min: -2, max: 2, noNaN: true });

describe.each([4, 8] as const)('quantiseMatrix to %i bits', (bits) => {
  it.each([true, false])('is off by a step at most (symmetric: %s)', (symmetric) => {
    fc.assert(
      fc.property(fc.array(weight, { minLength: 192, maxLength: 192 }), (list) => {
        const values = Float32Array.from(list);
        const made = quantiseMatrix(values, 96, { bits, symmetric });
        expect(made.scales).toHaveLength(6);
        expect(made.zeros?.length).toBe(symmetric ? undefined : 2 * Math.ceil((3 * bits) / 8));
        const back = dequantiseMatrix(made, 96, bits);
        values.forEach((value, index) => {
          const scale = Math.abs(fromHalf(made.scales[Math.floor(index / 32)] ?? 0));
          // The value opposite to the largest one has no integer of its own; the zero point is rounded too. Scales below
          // the least half are none.
          expect(Math.abs((back[index] ?? NaN) - value)).toBeLessThanOrEqual(scale * 1.13 + 1e-5);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('keeps zeros, and the largest value of a block', () => {
    const values = new Float32Array(64);
    values[40] = -3;
    for (const symmetric of [true, false]) {
      const back = dequantiseMatrix(quantiseMatrix(values, 64, { bits, symmetric }), 64, bits);
      expect(back[40]).toBeCloseTo(-3, 2);
      expect(back.filter((value) => value !== 0)).toHaveLength(1);
    }
  });
});

it('packs the first of two values into the low half of a byte', () => {
  const values = Float32Array.from({ length: 32 }, (_, index) => (index === 0 ? -8 : index === 1 ? 3 : 0));
  const { packed, scales } = quantiseMatrix(values, 32, { bits: 4 });
  expect([packed[0], packed[1], scales[0]]).toEqual([0xb0, 0x88, 0x3c00]);
});

it('takes half a step at most from convolutions', () => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 36, maxLength: 36 }), (list) => {
      const values = Float32Array.from(list);
      const { integers, scales } = quantiseChannels(values, 4);
      values.forEach((value, index) => {
        const scale = scales[Math.floor(index / 9)] ?? 0;
        expect(Math.abs((integers[index] ?? NaN) * scale - value)).toBeLessThanOrEqual(scale * 0.501 + 1e-7);
      });
    }),
  );
});
