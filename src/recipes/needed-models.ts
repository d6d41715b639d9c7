/** What a recipe works with. */

import { classicFilters, type ClassicFilter } from '../picture/resample-filter.ts';
import type { LdsrStep } from './ldsr.ts';
import type { Recipe, Step, UpscaleStep } from './recipe.ts';
import type { RefineStep } from './refine.ts';

/** The upscalers of a step that have a share in its result: one, or the first and the second. */
export function upscalersOf({ model, second }: UpscaleStep): readonly string[] {
  if (!second || second.visibility <= 0 || second.model === model) return [model];
  return second.visibility >= 1 ? [second.model] : [model, second.model];
}

/**
 * Everything that a recipe works with, models and classic filters, each once, in order. `redrawer` is the diffusion model of steps that name
 * none.
 */
export function worksWith({ steps }: Recipe, redrawer = 'refine'): readonly string[] {
  return [...new Set(steps.flatMap((step) => namesOf(step, redrawer)))];
}

function namesOf(step: Step, redrawer: string): readonly string[] {
  if (step.kind === 'ldsr') return [step.weights?.checkpoint ?? step.kind];
  if (step.kind === 'refine') return [step.weights?.checkpoint ?? redrawer];
  return step.kind === 'upscale' ? upscalersOf(step) : [step.filter];
}

/** Whether a diffusion model does it. */
export function isDiffusion(step: Step): step is RefineStep | LdsrStep {
  return step.kind === 'refine' || step.kind === 'ldsr';
}

/** Ids of the models that a recipe needs, each once, in order. */
export function neededModels({ steps }: Recipe): readonly string[] {
  const names = steps.flatMap((step) => (step.kind === 'upscale' ? upscalersOf(step) : []));
  return [...new Set(names)].filter((name) => !classicFilter(name));
}

/** The classic filter of that name; null for a model's id. */
export function classicFilter(name: string): ClassicFilter | null {
  return classicFilters.find((known) => known === name) ?? null;
}
