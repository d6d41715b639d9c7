import { describe, expect, it } from 'vitest';
import { goldenTile, judge } from './golden.ts';

const expected = goldenTile();

describe('judge', () => {
  it('trusts the same numbers', () => {
    expect(judge(goldenTile(), expected, 'fp32')).toEqual({ trusted: true });
  });

  it('trusts half-precision rounding only in half precision', () => {
    const rounded = expected.map((value, i) => value + (i % 20 === 0 ? 6 / 255 : 0));
    expect(judge(rounded, expected, 'fp16').trusted).toBe(true);
    expect(judge(rounded, expected, 'fp32').trusted).toBe(false);
  });

  it('bears single values far off, but not many', () => {
    const off = (every: number): Float32Array =>
      expected.map((value, i) => value + (i % every === 0 ? 38 / 255 : 0));
    expect(judge(off(500), expected, 'fp16').trusted).toBe(true);
    expect(judge(off(50), expected, 'fp16').trusted).toBe(false);
  });

  it.each([
    ['black', () => new Float32Array(expected.length)],
    ['not finite', () => expected.map((value, i) => (i === 7 ? Number.NaN : value))],
    ['shifted', () => expected.map((value) => value + 0.1)],
    ['of another size', () => expected.slice(1)],
  ])('does not trust a result that is %s', (_, make) => {
    expect(judge(make(), expected, 'fp16').trusted).toBe(false);
  });

  it('has a golden tile with something to see in it', () => {
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5);
  });
});
