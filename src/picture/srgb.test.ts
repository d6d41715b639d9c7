import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import { encoder, fromLinear, linearTable, toLinear } from './srgb.ts';

describe('sRGB', () => {
  it('knows the standard values', () => {
    expect(toLinear(0.5)).toBeCloseTo(0.21404, 5);
    expect(fromLinear(0.5) * 255).toBeCloseTo(187.516, 3);
    expect([toLinear(0), toLinear(1), fromLinear(0)]).toEqual([0, 1, 0]);
    expect(fromLinear(1)).toBeCloseTo(1, 12);
    expect(fromLinear(toLinear(0.02))).toBeCloseTo(0.02, 12);
  });

  it('has tables that agree with the formulas', () => {
    const encode = encoder();
    const table = linearTable(16);
    let worst = 0;
    for (let i = 0; i <= 65535; i++) worst = Math.max(worst, Math.abs(encode(at(table, i)) * 65535 - i));
    expect(worst).toBeLessThan(0.3);
    expect(at(linearTable(8), 188)).toBe(Math.fround(toLinear(188 / 255)));
    expect([encode(-1), encode(NaN), encode(2), encode(1)]).toEqual([0, 0, 1, 1]);
  });
});
