import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../base/result.ts';
import { mergesPath, tokenizerOf } from '../text/testing.ts';
import type { RefineChoices } from './choices.ts';
import { planRefine, type PlannedRefine, type RefineMeans } from './order.ts';

const means: RefineMeans = {
  traits: { scaling: { encoder: 1, decoder: 1 }, contextWidth: 8, padding: 0, guidanceInput: false },
  tokenizer: tokenizerOf(readFileSync(mergesPath, 'utf8')),
  vocabulary: 49408,
  embeddings: [],
  controlled: false,
  vaeTile: 64,
  multiple: 8,
};
const picture = { width: 1000, height: 700 };

function planned(more: Partial<RefineChoices>): Result<PlannedRefine> {
  return planRefine(
    picture,
    {
      prompt: '',
      negative: '',
      strength: 0.5,
      strengthRule: 'level',
      steps: 20,
      sampler: 'euler',
      guidance: 1,
      seed: 0,
      noise: 'philox',
      ...more,
    },
    means,
  );
}

function plan(more: Partial<RefineChoices>): PlannedRefine {
  const done = planned(more);
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
}

describe('Ultimate SD Upscale', () => {
  const two: Partial<RefineChoices> = { sampler: 'turbo', steps: 2, strengthRule: 'diffusers' };
  const jobs = ({ ultimate, order }: PlannedRefine): string[] =>
    (ultimate?.jobs ?? []).map(({ pass }, i) => `${pass} ${order.canvases[i]?.steps.plan.timesteps.length}`);

  it('lays out no steps for seams that are not mended', () => {
    expect(jobs(plan({ ...two, tiles: { mode: 'ultimate' } }))).toEqual(Array(4).fill('redraw 1'));
    expect(planned({ ...two, tiles: { mode: 'ultimate', seams: 'band' } })).toMatchObject({
      ok: false,
      error: { code: 'recipe-invalid', detail: { strength: 0.35 } },
    });
  });

  it('lays out no steps for tiles that are not redrawn', () => {
    const seams = { mode: 'ultimate', seams: 'band', seamStrength: 0.5 } as const;
    for (const more of [{ strength: 0 }, { strength: 0.2, tiles: { ...seams, redraw: 'none' as const } }]) {
      expect(new Set(jobs(plan({ ...two, tiles: seams, ...more })))).toEqual(new Set(['band 1']));
    }
  });
});

it('reads the prompt where nothing is redrawn, so that there is an operation', () => {
  const { order } = plan({ strength: 0, tiles: { mode: 'ultimate' } });
  expect(order.canvases).toEqual([]);
  expect(order.script.rows).toHaveLength(1);
});

describe('the texts of a run', () => {
  const wordsAt = (more: Partial<RefineChoices>): string => {
    const { script } = plan({ prompt: '[cat:dog:3]', strength: 1, ...more }).order;
    return script.evaluations.map(([rows = []]) => rows.join()).join(' ');
  };

  it('change with the step', () => {
    expect(wordsAt({ steps: 6 })).toBe('0 0 0 0 1 1');
    expect(wordsAt({ steps: 6, prompt: '[cat|dog]' })).toBe('0 0 1 0 1 0');
  });

  it('change with the evaluation where a step has two of them, and the run twice as many', () => {
    const heun = { sampler: 'heun', steps: 6 } as const;
    expect(wordsAt(heun)).toBe('0 0 0 0 1 1 1 1 1 1 1');
    expect(wordsAt({ ...heun, prompt: '[cat|dog]' })).toBe('0 0 1 0 1 0 1 0 1 0 1');
    expect(wordsAt({ ...heun, prompt: '[cat:dog:0.5]' })).toBe('0 0 0 0 0 0 0 1 1 1 1');
  });
});
