import { describe, expect, it } from 'vitest';
import { applyEmphasis } from './emphasis.ts';

describe('applyEmphasis', () => {
  it('multiplies each token and restores the mean of all', () => {
    const result = applyEmphasis(Float32Array.of(1, 2, 3, 6), [1, 2]);
    // 1, 2, 6, 12 with the mean 3 again instead of 5.25.
    [1, 2, 6, 12].forEach((value, index) => {
      expect(result[index]).toBeCloseTo((value * 3) / 5.25, 6);
    });
  });

  it('leaves alone what has no weights', () => {
    const hidden = Float32Array.of(1, 2);
    expect(applyEmphasis(hidden, [1, 1])).toBe(hidden);
  });

  it('stays finite where the mean is lost', () => {
    expect([...applyEmphasis(Float32Array.of(1, 2), [0, 0])]).toEqual([0, 0]);
    expect([...applyEmphasis(Float32Array.of(1, 1), [2, -2])]).toEqual([2, -2]);
  });
});
