import { describe, expect, it } from 'vitest';
import { ldsrDefaults } from '../diffusion/ldsr/choices.ts';
import { describePasses, type PassWords } from './describe.ts';
import { worksWith } from './needed-models.ts';
import { sourcesOf } from './pass-order.ts';
import { outputSize, planPasses } from './plan-passes.ts';
import type { Recipe, Step } from './recipe.ts';
import { parseRecipe } from './validate.ts';

const photo = { width: 64, height: 30 };
const half: Step = { kind: 'resize', filter: 'lanczos3', size: { by: 0.5 } };
const ldsr: Step = { kind: 'ldsr', seed: 3 };

describe('a step of latent super-resolution', () => {
  it('makes what is there four times as large', () => {
    const recipe: Recipe = { version: 1, steps: [half, ldsr, half] };
    const planned = planPasses(photo, recipe, () => 1);
    const passes = planned.ok ? planned.value : [];
    expect(passes.map(({ kind }, i) => [kind, ...sourcesOf(passes, i)].join(' '))).toEqual([
      'resample picture',
      'ldsr 0',
      'resample 1',
    ]);
    expect(passes[1]).toEqual({
      kind: 'ldsr',
      step: 1,
      ldsr: { kind: 'ldsr', ...ldsrDefaults, seed: 3 },
      input: { width: 32, height: 15 },
      output: { width: 128, height: 60 },
    });
    expect(outputSize(photo, recipe)).toEqual({ width: 64, height: 30 });
    const words: Partial<PassWords> = {
      times: (scale, ldsr) => `${scale}x${ldsr ? ' by LDSR' : ''}`,
      chain: (said) => said.join(', '),
    };
    expect(describePasses(passes.slice(1, 2), words as PassWords, (id) => id)).toBe('4x by LDSR');
  });

  it('works with the file that it names', () => {
    const named: Step = { kind: 'ldsr', weights: { checkpoint: 'ldsr.ckpt' } };
    expect(worksWith({ version: 1, steps: [ldsr, named] })).toEqual(['ldsr', 'ldsr.ckpt']);
  });

  it('is taken with everything that it may say', () => {
    const steps = [
      ldsr,
      {
        kind: 'ldsr',
        weights: { checkpoint: 'a', vae: 'b' },
        steps: 50,
        eta: 0,
        noise: 'mt19937',
        tile: 256,
        overlap: 32,
      },
    ];
    expect(parseRecipe({ version: 1, steps })).toEqual({ ok: true, value: { version: 1, steps } });
  });

  it.each([
    [{ steps: 0 }, 'steps must be at least 1'],
    [{ eta: 1.1 }, 'eta must be at most 1'],
    [{ tile: 100 }, 'tile must be a multiple of 8'],
    [{ size: { by: 2 } }, 'size is not known'],
    [{ weights: { checkpoint: '' } }, 'weights.checkpoint must be the name of a file'],
    [{ overlap: 72 }, 'must have an overlap of at most half a tile, which is 64 pixels'],
    [{ tile: 64, overlap: 33 }, 'which is 32 pixels'],
    [{ noise: 'white' }, 'noise must be one of philox, mt19937'],
  ])('is refused with %j', (more, fault) => {
    const parsed = parseRecipe({ version: 1, steps: [{ kind: 'ldsr', ...more }] });
    expect(parsed).toMatchObject({ ok: false, error: { code: 'recipe-invalid' } });
    expect(parsed.ok ? '' : parsed.error.message).toContain(fault);
  });
});
