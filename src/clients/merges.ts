/** The words of the text encoder, which the app ships: the same for every diffusion model. */

import { fail, ok, type Result } from '../base/result.ts';
import { mergesPath } from '../diffusion/text/merges-path.ts';

/** Failures: `model-unavailable`. */
export async function fetchMerges(): Promise<Result<Blob>> {
  const answer = await fetch(new URL(mergesPath, document.baseURI)).catch(() => null);
  if (answer?.ok) return ok(await answer.blob());
  return fail(
    'model-unavailable',
    "The words of the text encoder could not be fetched from the app's own address. Reload the page while you are online.",
  );
}
