import { describe, expect, it } from 'vitest';
import { neededModels, worksWith } from './needed-models.ts';
import type { Recipe } from './recipe.ts';

const size = { by: 2 };

function mixedWith(model: string, visibility: number): Recipe {
  return {
    version: 1,
    steps: [
      { kind: 'upscale', model: 'photo', size, second: { model, visibility } },
      { kind: 'resize', filter: 'nearest', size },
    ],
  };
}

describe('what a recipe works with', () => {
  it.each([
    ['anime', 0.5, ['photo', 'anime'], ['photo', 'anime', 'nearest']],
    ['anime', 0, ['photo'], ['photo', 'nearest']],
    ['anime', 1, ['anime'], ['anime', 'nearest']],
    ['lanczos3', 0.5, ['photo'], ['photo', 'lanczos3', 'nearest']],
    ['lanczos3', 1, [], ['lanczos3', 'nearest']],
    ['photo', 0.5, ['photo'], ['photo', 'nearest']],
  ])('%s at %s: %j', (model, visibility, models, all) => {
    expect(neededModels(mixedWith(model, visibility))).toEqual(models);
    expect(worksWith(mixedWith(model, visibility))).toEqual(all);
  });

  it('names the diffusion model of a step, or the one that is given', () => {
    const recipe: Recipe = {
      version: 1,
      steps: [
        { kind: 'upscale', model: 'photo', size },
        { kind: 'refine', weights: { checkpoint: 'mine.safetensors' } },
        { kind: 'refine' },
      ],
    };
    expect(neededModels(recipe)).toEqual(['photo']);
    expect(worksWith(recipe)).toEqual(['photo', 'mine.safetensors', 'refine']);
    expect(worksWith(recipe, 'other')).toEqual(['photo', 'mine.safetensors', 'other']);
  });
});
