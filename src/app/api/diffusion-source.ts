/** What a recipe that refines needs beside models of the catalogue. */

import { fail, ok, type Result } from '../../base/result.ts';
import { fetchMerges } from '../../clients/merges.ts';
import type { DiffusionSource } from '../../protocol/engine.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import type { EnlargeOptions } from './types.ts';

/** Null for a recipe that does not refine. Failures: `model-unavailable`. */
export async function diffusionOf(
  { steps }: Recipe,
  { weights = [] }: EnlargeOptions,
): Promise<Result<DiffusionSource | null>> {
  if (!steps.some(({ kind }) => kind === 'refine')) return ok(null);
  if (weights.length === 0) {
    return fail(
      'model-unavailable',
      'The recipe refines, which takes a diffusion model, but no weights are given. Give a Stable Diffusion checkpoint or folder (--weights FILE_OR_FOLDER).',
    );
  }
  const merges = await fetchMerges();
  if (!merges.ok) return merges;
  return ok({
    // By the path inside the folder that they came with, so that parts of one name stay apart.
    files: weights.map((file) => ({ name: file.webkitRelativePath || file.name, blob: file })),
    merges: merges.value,
  });
}
