/** What is done with a picture when nobody chooses. */

import type { Recipe } from './recipe.ts';

/** Four times larger with `model` (the catalogue's default model, as a rule). */
export function defaultRecipe(model: string): Recipe {
  return { version: 1, steps: [{ kind: 'upscale', model, size: { by: 4 } }] };
}
