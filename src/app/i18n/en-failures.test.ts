import { describe, expect, it } from 'vitest';
import { failureWords } from './en-failures.ts';
import { formatsFor } from './format.ts';

const words = failureWords(formatsFor('en'), ({ width, height }) => `${width} x ${height}`)['out-of-memory'];

describe('of memory that ran out', () => {
  it('what redraws tells itself which part is too large, as its tiles do not grow smaller by themselves', () => {
    expect(words?.({ part: 'unet', fatal: false })).toBeNull();
    expect(words?.({ part: 'decoder', fatal: true })).toBeNull();
  });

  it('work that goes on in another engine is not said to have smaller tiles, which redrawing has not', () => {
    expect(words?.({ part: 'unet', fatal: true, goesOn: true })).toMatch(/goes on\.$/u);
  });

  it('an upscale says what it did and what may help', () => {
    expect(words?.({ width: 64, height: 32 })).toContain('64 x 32');
    expect(words?.({ fatal: false })).toContain('smaller size');
    expect(words?.({ fatal: true })).toContain('smaller size');
  });
});
