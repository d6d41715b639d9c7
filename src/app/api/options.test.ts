import { describe, expect, it } from 'vitest';
import { checkOptions, recipeOf } from './options.ts';

describe('recipeOf', () => {
  it('enlarges four times with the standard model when nothing is said', () => {
    expect(recipeOf({}, 'photo-fast')).toEqual({
      ok: true,
      value: { version: 1, steps: [{ kind: 'upscale', model: 'photo-fast', size: { by: 4 } }] },
    });
  });

  it('takes an exact size, cropped unless it is said otherwise', () => {
    const recipe = recipeOf({ width: 30, height: 20 }, 'photo');
    expect(recipe.ok && recipe.value.steps[0]).toMatchObject({
      size: { width: 30, height: 20, fit: 'crop' },
    });
  });

  it('makes a classic filter a resize step', () => {
    const recipe = recipeOf({ model: 'lanczos3', scale: 1.5 }, 'photo');
    expect(recipe.ok && recipe.value.steps).toEqual([
      { kind: 'resize', filter: 'lanczos3', size: { by: 1.5 } },
    ]);
  });

  it('takes a second upscaler, alpha and extra quality', () => {
    const recipe = recipeOf(
      { second: 'bicubic', visibility: 0.3, alpha: { onto: '#ffffff' }, extraQuality: 4 },
      'photo',
    );
    expect(recipe.ok && recipe.value.steps).toEqual([
      {
        kind: 'upscale',
        model: 'photo',
        size: { by: 4 },
        second: { model: 'bicubic', visibility: 0.3 },
        alpha: { onto: '#ffffff' },
        extraQuality: 4,
      },
    ]);
    const half = recipeOf({ second: 'anime' }, 'photo');
    expect(half.ok && half.value.steps[0]).toMatchObject({ second: { model: 'anime', visibility: 0.5 } });
  });

  it.each([
    [{ visibility: 0.5 }],
    [{ second: 'anime', visibility: 2 }],
    [{ model: 'lanczos3', second: 'photo' }],
    [{ model: 'lanczos3', extraQuality: 2 as const }],
    [{ extraQuality: 3 as 2 }],
    [{ alpha: 'keep' as 'nearest' }],
    [{ recipe: { version: 1, steps: [{ kind: 'upscale', model: 'a', size: { by: 2 } }] }, second: 'b' }],
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
