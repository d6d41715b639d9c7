/** From the API's options to a checked recipe. */

import { fail, ok, type Result } from '../../base/result.ts';
import { classicFilter } from '../../recipes/needed-models.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import { parseRecipe } from '../../recipes/validate.ts';
import { saveFormats } from '../state/settings.ts';
import type { EnlargeOptions } from './types.ts';

/** What stands beside the recipe: a quality of 0 to 1, and a tile side of at least 16 pixels. */
export function checkOptions({ quality, tile, format }: EnlargeOptions): Result<null> {
  if (quality !== undefined && !(quality >= 0 && quality <= 1)) {
    return fail('recipe-invalid', `The quality is ${quality}, but must be from 0 to 1.`);
  }
  if (tile !== undefined && !(Number.isSafeInteger(tile) && tile >= 16)) {
    return fail('recipe-invalid', `The tile is ${tile}, but must be a whole number of at least 16 pixels.`);
  }
  if (format !== undefined && !saveFormats.includes(format)) {
    return fail('format-unsupported', `"${format}" cannot be written. Choose ${saveFormats.join(', ')}.`);
  }
  return ok(null);
}

/** `standard` is the model when none is named. */
export function recipeOf(options: EnlargeOptions, standard: string): Result<Recipe> {
  const { scale, width, height, fit, model, second, visibility, alpha, extraQuality, recipe } = options;
  const combined = [second, visibility, alpha, extraQuality].some((option) => option !== undefined);
  const sized = width !== undefined || height !== undefined;
  if (recipe !== undefined) {
    if (scale !== undefined || sized || model !== undefined || combined) {
      return fail('recipe-invalid', 'A recipe already says model and size: give either a recipe or those.');
    }
    return parseRecipe(recipe);
  }
  if (sized && scale !== undefined) {
    return fail('recipe-invalid', 'Give either a scale or a width and height, not both.');
  }
  if ((width === undefined) !== (height === undefined)) {
    return fail('recipe-invalid', 'An exact size needs both a width and a height.');
  }
  if (fit !== undefined && !sized) {
    return fail('recipe-invalid', `"${fit}" says how to fit a width and height, but none are given.`);
  }
  const size = sized ? { width, height, fit: fit ?? 'crop' } : { by: scale ?? 4 };
  const name = model ?? standard;
  const filter = classicFilter(name);
  if (filter && combined) {
    return fail(
      'recipe-invalid',
      `A second upscaler, alpha and extra quality go with a model, and "${name}" is a classic filter. Name a model first; the second may be a classic filter.`,
    );
  }
  if (visibility !== undefined && second === undefined) {
    return fail('recipe-invalid', 'A visibility is that of a second upscaler, but none is given.');
  }
  const upscale = {
    kind: 'upscale',
    model: name,
    size,
    ...(second === undefined ? {} : { second: { model: second, visibility: visibility ?? 0.5 } }),
    ...(alpha === undefined ? {} : { alpha }),
    ...(extraQuality === undefined ? {} : { extraQuality }),
  };
  return parseRecipe({ version: 1, steps: [filter ? { kind: 'resize', filter, size } : upscale] });
}
