import { describe, expect, it } from 'vitest';
import { checkOptions, modelsOf, recipeOf } from './options.ts';

describe('recipeOf', () => {
  it('enlarges four times with the standard model when nothing is said', () => {
    expect(recipeOf({}, 'photo-fast')).toEqual({
      ok: true,
      value: { version: 1, steps: [{ kind: 'upscale', model: 'photo-fast', size: { by: 4 } }] },
    });
  });

  it('takes an exact size, cropped unless it is said otherwise', () => {
    const recipe = recipeOf({ width: 30, height: 20 }, 'photo');
    expect(recipe.ok && recipe.value.steps[0]?.size).toMatchObject({ width: 30, height: 20, fit: 'crop' });
  });

  it('makes a classic filter a resize step', () => {
    const recipe = recipeOf({ model: 'lanczos3', scale: 1.5 }, 'photo');
    expect(recipe.ok && recipe.value.steps).toEqual([
      { kind: 'resize', filter: 'lanczos3', size: { by: 1.5 } },
    ]);
    expect(recipe.ok && modelsOf(recipe.value)).toEqual(['lanczos3']);
  });

  it.each([
    [{ scale: 2, width: 3, height: 3 }],
    [{ width: 3 }],
    [{ fit: 'pad' as const }],
    [{ scale: 0.1 }],
    [{ scale: Number.NaN }],
    [{ width: 0, height: 10 }],
    [{ recipe: { version: 1, steps: [] } }],
    [{ recipe: { version: 1, steps: [{ kind: 'upscale', model: 'photo', size: { by: 2 } }] }, scale: 2 }],
  ])('refuses %j', (options) => {
    expect(recipeOf(options, 'photo')).toMatchObject({ ok: false, error: { code: 'recipe-invalid' } });
  });
});

describe('checkOptions', () => {
  it.each([{}, { quality: 0 }, { quality: 1, tile: 16, format: 'webp' as const }])('takes %j', (options) => {
    expect(checkOptions(options)).toEqual({ ok: true, value: null });
  });

  it.each([
    [{ quality: 1.1 }, 'recipe-invalid'],
    [{ quality: Number.NaN }, 'recipe-invalid'],
    [{ tile: 15 }, 'recipe-invalid'],
    [{ tile: 32.5 }, 'recipe-invalid'],
    [{ format: 'tiff' as 'png' }, 'format-unsupported'],
  ])('refuses %j', (options, code) => {
    expect(checkOptions(options)).toMatchObject({ ok: false, error: { code } });
  });
});
