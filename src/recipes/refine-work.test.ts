import { describe, expect, it } from 'vitest';
import { refineSpeedName, refineWork } from './refine-work.ts';
import type { RefineStep } from './refine.ts';

const picture = { width: 100, height: 10 };

describe('the work of redrawing', () => {
  const step: RefineStep = { kind: 'refine', strength: 0.35, steps: 20 };

  it('is pixels times calls of the network', () => {
    expect(refineWork(picture, step)).toBe(1000 * 8 * 2);
    expect(refineWork(picture, { ...step, guidance: 1 })).toBe(1000 * 8);
    expect(refineWork(picture, { ...step, sampler: 'heun' })).toBe(1000 * 8 * 4);
    expect(refineWork(picture, { ...step, strength: 1 })).toBe(1000 * 20 * 2);
    expect(refineWork(picture, { ...step, exactSteps: true })).toBe(1000 * 20 * 2);
  });

  it('is known by the checkpoint that does it', () => {
    expect(refineSpeedName({ ...step, weights: { checkpoint: 'a.safetensors' } })).toBe(
      'redraw a.safetensors',
    );
  });
});
