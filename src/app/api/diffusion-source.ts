/** What a recipe with diffusion's steps needs beside models of the catalogue. */

import { fail, ok, type Result } from '../../base/result.ts';
import { fetchMerges } from '../../clients/merges.ts';
import type { DiffusionSource } from '../../protocol/engine.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import type { EnlargeOptions } from './types.ts';

/** Null for a recipe without a step of diffusion. Failures: `model-unavailable`. */
export async function diffusionOf(
  { steps }: Recipe,
  { weights = [] }: EnlargeOptions,
): Promise<Result<DiffusionSource | null>> {
  const refines = steps.some(({ kind }) => kind === 'refine');
  if (!refines && !steps.some(({ kind }) => kind === 'ldsr')) return ok(null);
  if (weights.length === 0) {
    const message = refines
      ? 'The recipe refines, which takes a diffusion model, but no weights are given. Give a Stable Diffusion checkpoint or folder (--weights FILE_OR_FOLDER).'
      : 'The recipe enlarges by latent super-resolution, but no weights are given. Give its file or folder (--weights FILE_OR_FOLDER).';
    return fail('model-unavailable', message);
  }
  const merges = refines ? await fetchMerges() : ok(new Blob());
  if (!merges.ok) return merges;
  return ok({
    files: weights.map((file) => ({ name: pathOf(file), blob: file })),
    merges: merges.value,
  });
}

/** A short name for what these files redraw with: that of the largest file, or of the folder that it is in. */
export function redrawerOf(weights: readonly File[] = []): string | undefined {
  const [largest] = weights.toSorted((one, other) => other.size - one.size);
  if (!largest) return undefined;
  const [first = '', ...inside] = pathOf(largest).split('/');
  return inside.length > 0 ? first : first.replace(/\.[^.]*$/, '');
}

/** With the folder that it came in, so that parts of one name stay apart. */
function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}
