/** What a recipe that refines needs beside models of the catalogue. */

import { fail, ok, type Result } from '../../base/result.ts';
import type { DiffusionSource } from '../../protocol/engine.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import type { EnlargeOptions } from './types.ts';

const mergesPath = 'models/clip/merges.txt';

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
  const answer = await fetch(new URL(mergesPath, document.baseURI)).catch(() => null);
  if (!answer?.ok) {
    return fail(
      'model-unavailable',
      "The words of the text encoder could not be fetched from the app's own address. Reload the page while you are online.",
    );
  }
  return ok({
    // By the path inside the folder that they came with, so that parts of one name stay apart.
    files: weights.map((file) => ({ name: file.webkitRelativePath || file.name, blob: file })),
    merges: await answer.blob(),
  });
}
