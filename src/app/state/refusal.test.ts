import { describe, expect, it } from 'vitest';
import type { Pass } from '../../recipes/passes.ts';
import { bytesNeeded, refusal } from './refusal.ts';

const source = { width: 100, height: 100 };
const pass = (side: number): Pass => ({
  kind: 'model',
  step: 0,
  model: 'm',
  scale: 4,
  input: { x: 0, y: 0, width: side / 4, height: side / 4 },
  output: { width: side, height: side },
});
const format = { name: 'JPEG', side: 65_535, pixels: 1e9 };

describe('bytesNeeded', () => {
  it('counts the picture and the largest neighbours', () => {
    expect(bytesNeeded(source, [pass(400)])).toBe((10_000 + 160_000) * 4);
    expect(bytesNeeded(source, [pass(400), pass(1600)])).toBe((10_000 + 160_000 + 2_560_000) * 4);
  });

  it('counts what is kept for a blend', () => {
    const second = { ...pass(400), from: 'picture' } as const;
    const output = { width: 400, height: 400 };
    const blend = {
      kind: 'blend',
      step: 0,
      from: 0,
      other: 1,
      visibility: 0.5,
      by: ['m', 'n'],
      output,
    } as const;
    expect(bytesNeeded(source, [pass(400), second, blend])).toBe((10_000 + 3 * 160_000) * 4);
  });
});

describe('refusal', () => {
  it('lets through what fits', () => {
    expect(refusal(source, [pass(400)], { memory: 1e9, format })).toBeNull();
    expect(refusal(source, [pass(400)], { memory: 1e9, format: null })).toBeNull();
  });

  it('refuses with numbers what memory cannot hold', () => {
    const refused = refusal(source, [pass(4000)], { memory: 1e6, format });
    expect(refused?.code).toBe('output-too-large');
    expect(refused?.detail).toEqual({ width: 4000, height: 4000, needed: 64_040_000, limit: 1e6 });
  });

  it('refuses what the format cannot hold', () => {
    const small = { ...format, side: 300 };
    expect(refusal(source, [pass(400)], { memory: 1e9, format: small })?.detail).toMatchObject({ side: 300 });
    const few = { ...format, pixels: 1000 };
    expect(refusal(source, [pass(400)], { memory: 1e9, format: few })?.detail).toMatchObject({
      pixels: 1000,
    });
  });
});
