/** Calls of the library worker that only pages need which redraw: apart from the client, so that the first paint does without them. */

import { proxy } from 'comlink';
import type { Result } from '../base/result.ts';
import type { DiffusionEntry } from '../models/diffusion-entry.ts';
import type { DiffusionOffers } from '../models/diffusion-offers.ts';
import type { MergedPart } from '../protocol/engine.ts';
import type { ImportProgress } from '../protocol/library.ts';
import type { MergingStep, ToldDiffusion } from '../protocol/library-diffusion.ts';
import type { LibraryClient } from './library.ts';

/** LoRAs merged into the parts that they change, from an earlier time or made now. */
export function mergeLoras(
  library: LibraryClient,
  ids: readonly string[],
  steps: readonly MergingStep[],
  onProgress: (progress: ImportProgress) => void,
): Promise<Result<readonly MergedPart[]>> {
  return library.ask((api) => api.mergeDiffusion(ids, steps, proxy(onProgress)));
}

/** Ends it before the next tensor. */
export function stopMerging(library: LibraryClient): Promise<Result<null>> {
  return library.ask((api) => api.stopMerging());
}

/** Ends taking files in; nothing is kept then. */
export function stopImport(library: LibraryClient): Promise<Result<null>> {
  return library.ask((api) => api.stopImport());
}

/** Remembers what was found out of an entry, or what a person said of it. */
export function describeEntry(
  library: LibraryClient,
  id: string,
  told: ToldDiffusion,
): Promise<Result<DiffusionEntry>> {
  return library.ask((api) => api.describeDiffusion(id, told));
}

export function renameEntry(
  library: LibraryClient,
  id: string,
  name: string,
): Promise<Result<DiffusionEntry>> {
  return library.ask((api) => api.renameDiffusion(id, name));
}

/** The catalogue of diffusion models that can be downloaded. */
export function readOffers(library: LibraryClient): Promise<Result<DiffusionOffers>> {
  return library.ask((api) => api.diffusionOffers());
}
