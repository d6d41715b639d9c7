import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromHalf } from './float16.ts';
import { quantise } from './quantise.ts';

it('is off by at most half a step of its group', () => {
  const weight = fc.float({ min: -2, max: 2, noNaN: true });
  fc.assert(
    fc.property(fc.array(weight, { minLength: 24, maxLength: 24 }), (list) => {
      const values = Float32Array.from(list);
      const { integers, scales } = quantise(values, 3);
      values.forEach((value, index) => {
        const scale = fromHalf(scales[Math.floor(index / 8)] ?? 0);
        // A scale in half precision may be short of the largest value by its own rounding, or be zero.
        const most = scale * 0.5001 + Math.max(1e-5, scale * 0.07);
        expect(Math.abs((integers[index] ?? 0) * scale - value)).toBeLessThanOrEqual(most);
      });
    }),
  );
});

it('keeps zeros', () => {
  const { integers, scales } = quantise(new Float32Array(16), 2);
  expect([...integers, ...scales].every((value) => value === 0)).toBe(true);
});
