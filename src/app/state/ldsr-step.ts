/**
 * Latent super-resolution in the place of the upscaler: the step that a person's choices stand for, and the recipe with whatever diffusion
 * does to it.
 */

import type { Failure } from '../../base/errors.ts';
import { failure } from '../../base/result.ts';
import { ldsrDefaults, ldsrScale } from '../../diffusion/ldsr/choices.ts';
import type { DiffusionEntry } from '../../models/diffusion-entry.ts';
import type { LdsrStep } from '../../recipes/ldsr.ts';
import type { Recipe, SizeTarget } from '../../recipes/recipe.ts';
import { drawers, fileName, hindrance, holds, refineStepOf } from './redraw-step.ts';
import type { Redraw } from './redraw.ts';

/** The entries that it works with; null for a decoder that is nowhere. */
export interface LdsrModel {
  readonly main: DiffusionEntry;
  readonly decoder: DiffusionEntry | null;
}

/** Those that enlarge. */
export function enlargers(entries: readonly DiffusionEntry[]): readonly DiffusionEntry[] {
  return entries.filter((entry) => holds(entry, 'ldsr-unet'));
}

/** Null where another model is chosen, or nothing enlarges so. */
export function ldsrModel({ model }: Redraw, entries: readonly DiffusionEntry[]): LdsrModel | null {
  const able = enlargers(entries);
  const drawing = drawers(entries);
  const chosen = able.find(({ id }) => id === model);
  const main = chosen ?? (drawing.length === 0 ? able[0] : undefined);
  if (!main) return null;
  const decoder = [main, ...entries].find((entry) => holds(entry, 'ldsr-decoder')) ?? null;
  return { main, decoder };
}

/** Null while it is off, and where another model is chosen. */
function ldsrStepOf(redraw: Redraw, entries: readonly DiffusionEntry[]): LdsrStep | null {
  const model = redraw.on ? ldsrModel(redraw, entries) : null;
  if (!model) return null;
  const { main, decoder } = model;
  return {
    kind: 'ldsr',
    weights: {
      checkpoint: fileName(main),
      ...(decoder && decoder !== main ? { vae: fileName(decoder) } : {}),
    },
    steps: redraw.ldsrSteps ?? ldsrDefaults.steps,
    seed: redraw.seed,
  };
}

/** The recipe of the upscaler that is chosen, redrawn after it, or with latent super-resolution in its place. */
export function drawnRecipe(plain: Recipe, redraw: Redraw, entries: readonly DiffusionEntry[]): Recipe {
  const ldsr = ldsrStepOf(redraw, entries);
  const step = ldsr ? null : refineStepOf(redraw, entries);
  if (step) return { ...plain, steps: [...plain.steps, step] };
  const [first] = plain.steps;
  if (!ldsr || (first?.kind !== 'upscale' && first?.kind !== 'resize')) return plain;
  const filter = first.kind === 'resize' ? first.filter : 'lanczos3';
  return { ...plain, steps: [ldsr, { kind: 'resize', filter, size: fromEnlarged(first.size) }] };
}

/** What the picture's target is to one that was enlarged already. */
function fromEnlarged(size: SizeTarget): SizeTarget {
  return 'by' in size ? { by: size.by / ldsrScale } : size;
}

/** Why what is chosen cannot be done: as `hindrance`, or a decoder is missing. Null while it is off, and where all is there. */
export function drawnHindrance(redraw: Redraw, entries: readonly DiffusionEntry[]): Failure | null {
  const model = ldsrModel(redraw, entries);
  if (!model) return hindrance(redraw, entries);
  if (!redraw.on || model.decoder) return null;
  const message =
    'Latent super-resolution comes without its decoder. Add "vqvae/diffusion_pytorch_model.safetensors" of ' +
    'CompVis/ldm-super-resolution-4x-openimages, choose another model, or turn redrawing off.';
  return failure('model-unavailable', message, { part: 'ldsr-decoder' });
}
