/** From a recipe's steps to the passes that a given picture needs, and the sizes on the way. */

import { fail, ok, type Result } from '../base/result.ts';
import { rectOf, type Rect, type Size, type Window } from '../picture/geometry.ts';
import type { ClassicFilter } from '../picture/resample-filter.ts';
import type { Pass } from './passes.ts';
import type { Recipe, SizeTarget, Step } from './recipe.ts';

/** Seen around a picture that is padded without a colour being named. */
const defaultBackground = '#000000';

/**
 * The passes of a recipe for a picture of size `source`. An upscale step runs its model until what is
 * wanted is no larger than what is there, then one exact Lanczos-3 resample, only if the sizes differ;
 * by 1 or less it is that resample alone. A crop is cut before the model runs, outwards to whole pixels,
 * and exactly by the resample. A recipe that changes nothing gives one exact copy, so there always is a pass.
 *
 * `scaleOf` tells a model's scale; undefined for an unknown model, which is `model-unknown`.
 */
export function planPasses(
  source: Size,
  recipe: Recipe,
  scaleOf: (model: string) => number | undefined,
): Result<Pass[]> {
  const passes: Pass[] = [];
  let size: Size = { width: source.width, height: source.height };
  for (const [index, step] of recipe.steps.entries()) {
    const placed = placeOf(size, step.size);
    if (step.kind === 'resize') {
      passes.push(...resample(size, index, step.filter, placed));
    } else {
      const scale = scaleOf(step.model);
      if (scale === undefined || !Number.isInteger(scale) || scale < 1) {
        return fail('model-unknown', `The recipe names the model "${step.model}", which is not known here.`, {
          model: step.model,
        });
      }
      passes.push(...upscale(size, index, step.model, scale, placed));
    }
    size = placed.output;
  }
  if (passes.length === 0) passes.push(copyOf(size));
  return ok(passes);
}

/** The size that a recipe ends with. */
export function outputSize(source: Size, recipe: Recipe): Size {
  return recipe.steps.reduce((size: Size, step: Step) => sizeOf(size, step.size), {
    width: source.width,
    height: source.height,
  });
}

/** The size that a target means: exact pixels, or a factor rounded to the nearest pixel, at least 1. */
export function sizeOf(source: Size, target: SizeTarget): Size {
  if ('by' in target) return timesRounded(source, target.by);
  return { width: target.width, height: target.height };
}

/** What part of a step's input fills what part of its output. */
interface Placed {
  readonly window: Window;
  readonly output: Size;
  readonly place: Rect;
  readonly background: string;
}

function placeOf(source: Size, target: SizeTarget): Placed {
  const output = sizeOf(source, target);
  const whole = { window: rectOf(source), output, place: rectOf(output), background: defaultBackground };
  if ('by' in target || target.fit === 'stretch') return whole;
  const across = output.width / source.width;
  const down = output.height / source.height;
  if (target.fit === 'crop') {
    const factor = Math.max(across, down);
    // The side that decides keeps its exact length: dividing back could miss it by a rounding error.
    const width = across === factor ? source.width : output.width / factor;
    const height = down === factor ? source.height : output.height / factor;
    const x = (source.width - width) / 2;
    const y = (source.height - height) / 2;
    return { ...whole, window: { x, y, width, height } };
  }
  const { width, height } = timesRounded(source, Math.min(across, down));
  const place = {
    x: Math.floor((output.width - width) / 2),
    y: Math.floor((output.height - height) / 2),
    width,
    height,
  };
  return { ...whole, place, background: target.background ?? defaultBackground };
}

function upscale(size: Size, step: number, model: string, scale: number, placed: Placed): Pass[] {
  const { window, place } = placed;
  const times = runsNeeded(scale, Math.max(place.width / window.width, place.height / window.height));
  if (times === 0) return resample(size, step, 'lanczos3', placed);

  const passes: Pass[] = [];
  const crop = outwards(window, size);
  let input: Rect = crop;
  for (let i = 0; i < times; i++) {
    const output = { width: input.width * scale, height: input.height * scale };
    passes.push({ kind: 'model', step, model, scale, input, output });
    input = rectOf(output);
  }
  const grown = scale ** times;
  const after = {
    x: (window.x - crop.x) * grown,
    y: (window.y - crop.y) * grown,
    width: window.width * grown,
    height: window.height * grown,
  };
  return [...passes, ...resample(input, step, 'lanczos3', { ...placed, window: after })];
}

/** How often a model runs for a factor; a model that does not enlarge runs once. */
function runsNeeded(scale: number, factor: number): number {
  if (scale === 1) return 1;
  let times = 0;
  // The tolerance keeps an exact factor exact: 61 / (61 / 27) comes out a little over 27.
  while (scale ** times < factor * (1 - 1e-9)) times++;
  return times;
}

/** One resample, or none where every pixel would stay where it is. */
function resample(size: Size, step: number, filter: ClassicFilter, placed: Placed): Pass[] {
  const { window, output, place } = placed;
  const unmoved =
    same(window, rectOf(size)) && same(place, rectOf(output)) && same(rectOf(size), rectOf(output));
  return unmoved ? [] : [{ kind: 'resample', step, filter, ...placed }];
}

function copyOf(size: Size): Pass {
  const whole = rectOf(size);
  return {
    kind: 'resample',
    step: 0,
    filter: 'nearest',
    window: whole,
    output: size,
    place: whole,
    background: defaultBackground,
  };
}

function timesRounded({ width, height }: Size, factor: number): Size {
  return {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  };
}

/** The smallest whole rectangle around a window, inside the picture. */
function outwards(window: Window, size: Size): Rect {
  const tolerance = 1e-6;
  const x = Math.max(0, Math.floor(window.x + tolerance));
  const y = Math.max(0, Math.floor(window.y + tolerance));
  const right = Math.min(size.width, Math.ceil(window.x + window.width - tolerance));
  const bottom = Math.min(size.height, Math.ceil(window.y + window.height - tolerance));
  return { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
}

function same(a: Window, b: Window): boolean {
  const close = (one: number, other: number): boolean => Math.abs(one - other) < 1e-6;
  return close(a.x, b.x) && close(a.y, b.y) && close(a.width, b.width) && close(a.height, b.height);
}
