import { describe, expect, it } from 'vitest';
import { fromHalf, fromHalfArray, toHalf, toHalfArray } from './float16.ts';

describe('half precision', () => {
  it('keeps every half through single precision', () => {
    for (let half = 0; half < 65536; half++) {
      const value = fromHalf(half);
      if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(toHalf(value)))).toBe(true);
      else expect(toHalf(value)).toBe(half);
    }
  });

  it('rounds halfway values to even and all others to the nearest', () => {
    for (let half = 0; half < 0x7bff; half++) {
      const low = fromHalf(half);
      const high = fromHalf(half + 1);
      const middle = (low + high) / 2; // exact in single precision
      expect(toHalf(middle)).toBe(half % 2 === 0 ? half : half + 1);
      expect(toHalf(low + (high - low) * 0.25)).toBe(half);
      expect(toHalf(-(low + (high - low) * 0.75))).toBe(0x8000 | (half + 1));
    }
  });

  it('overflows to infinity from 65520 on and underflows to a signed zero', () => {
    expect(toHalf(65519.9)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(0x7c00);
    expect(toHalf(-1e30)).toBe(0xfc00);
    expect(toHalf(2 ** -26)).toBe(0);
    expect(toHalf(-(2 ** -26))).toBe(0x8000);
    expect(toHalf(-0)).toBe(0x8000);
  });

  it('converts arrays', () => {
    expect([...toHalfArray([1, -2, 0.5])]).toEqual([0x3c00, 0xc000, 0x3800]);
    expect([...fromHalfArray(Uint16Array.of(0x3c00, 0xc000))]).toEqual([1, -2]);
  });
});
