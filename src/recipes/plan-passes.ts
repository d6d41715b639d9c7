/** From a recipe's steps to the passes that a given picture needs, and the sizes on the way. */

import { fail, ok, type Result } from '../base/result.ts';
import { rectOf, type Rect, type Size, type Window } from '../picture/geometry.ts';
import type { ClassicFilter } from '../picture/resample-filter.ts';
import { classicFilter, upscalersOf } from './needed-models.ts';
import { before } from './pass-order.ts';
import type { ModelPass, Pass, PassSource, ResamplePass } from './passes.ts';
import type { Recipe, SizeTarget, Step, UpscaleStep } from './recipe.ts';
import { ldsrScale } from '../diffusion/ldsr/choices.ts';
import { ultimateDefaults } from '../diffusion/tiles/ultimate-options.ts';
import { withLdsrDefaults } from './ldsr.ts';
import { withDefaults, type FullRefineStep, type RefineStep } from './refine.ts';

/** Seen around a picture that is padded without a colour being named. */
const defaultBackground = '#000000';

/**
 * The passes of a recipe for a picture of size `source`. An upscale step runs its model until what is
 * wanted is no larger than what is there, then one exact Lanczos-3 resample, only if the sizes differ;
 * by 1 or less it is that resample alone. A crop is cut before the model runs, outwards to whole pixels,
 * and exactly by the resample. A second upscaler starts from the same source, and a blend mixes the two;
 * transparency that a classic filter enlarges is put back last. A refine step keeps the size, and matches colours after it; latent
 * super-resolution makes it four times as large. A recipe that changes nothing gives one exact copy,
 * so there always is a pass, and the last one makes the result.
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
  let from: PassSource = 'picture';
  for (const [index, step] of recipe.steps.entries()) {
    if (step.kind === 'refine') {
      from = refine(size, index, step, from, passes);
      continue;
    }
    if (step.kind === 'ldsr') {
      const output = timesRounded(size, ldsrScale);
      const pass = { kind: 'ldsr', step: index, ldsr: withLdsrDefaults(step), input: size, output } as const;
      from = append(passes, from, [pass]);
      size = output;
      continue;
    }
    const placed = placeOf(size, step.size);
    if (step.kind === 'resize') {
      from = append(passes, from, resample(size, index, step.filter, placed));
    } else {
      const done = upscale({ size, step: index, placed, from }, step, passes, scaleOf);
      if (!done.ok) return done;
      from = done.value;
    }
    size = placed.output;
  }
  if (passes.length === 0) passes.push(copyOf(size, 0));
  return ok(passes);
}

/** Adds passes that follow one another, the first of them on `from`; the source of whoever goes on from there. */
function append(passes: Pass[], from: PassSource, chain: readonly Pass[]): PassSource {
  let source = from;
  for (const pass of chain) {
    passes.push(source === before(passes.length) ? pass : { ...pass, from: source });
    source = passes.length - 1;
  }
  return source;
}

/** The size that a recipe ends with. */
export function outputSize(source: Size, recipe: Recipe): Size {
  return recipe.steps.reduce(
    (size: Size, step: Step) => {
      if (step.kind === 'refine') return size;
      return step.kind === 'ldsr' ? timesRounded(size, ldsrScale) : sizeOf(size, step.size);
    },
    {
      width: source.width,
      height: source.height,
    },
  );
}

/** The size that a target means: exact pixels, or a factor rounded to the nearest pixel, at least 1. */
export function sizeOf(source: Size, target: SizeTarget): Size {
  if ('by' in target) return timesRounded(source, target.by);
  return { width: target.width, height: target.height };
}

/** Redraws the picture, then gives it its own colours back; where nothing is redrawn it stays as it is. */
function refine(size: Size, step: number, asked: RefineStep, from: PassSource, passes: Pass[]): PassSource {
  const full = withDefaults(asked);
  if (!redraws(full, size)) return from;
  const drawn = append(passes, from, [{ kind: 'refine', step, refine: full, output: size }]);
  if (full.colour === 'none') return drawn;
  return append(passes, drawn, [{ kind: 'colour', step, other: from, match: full.colour, output: size }]);
}

/** At no strength nothing is redrawn, but for the seams of Ultimate SD Upscale, which have a strength of their own. */
function redraws({ strength, tiles }: FullRefineStep, { width, height }: Size): boolean {
  if (tiles?.mode !== 'ultimate') return strength > 0;
  const usual = ultimateDefaults;
  const { tile = usual.tile.width, seams = usual.seamFix, seamWidth = usual.seamWidth } = tiles;
  const tilesToo = strength > 0 && tiles.redraw !== 'none';
  const hasSeams = (width > tile || height > tile) && (seams === 'band' ? seamWidth > 0 : seams !== 'none');
  return tilesToo || (hasSeams && (tiles.seamStrength ?? usual.seamDenoise) > 0);
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

/** A step's input and what is to become of it. */
interface Task {
  readonly size: Size;
  readonly step: number;
  readonly placed: Placed;
  readonly from: PassSource;
}

function upscale(
  { size, step, placed, from }: Task,
  asked: UpscaleStep,
  passes: Pass[],
  scaleOf: (model: string) => number | undefined,
): Result<PassSource> {
  const by = upscalersOf(asked);
  const made: PassSource[] = [];
  for (const model of by) {
    const filter = classicFilter(model);
    const scale = filter ? 1 : scaleOf(model);
    if (scale === undefined || !Number.isInteger(scale) || scale < 1) {
      return fail('model-unknown', `The recipe names the model "${model}", which is not known here.`, {
        model,
      });
    }
    const chain = filter
      ? resample(size, step, filter, placed)
      : enlarge(size, step, model, scale, placed, asked);
    made.push(append(passes, from, laidOnto(chain, size, step, asked)));
  }
  const { alpha = 'model', second } = asked;
  const { output, window, place } = placed;
  const [first = from, other] = made;
  const [one, two] = by;
  let done = first;
  if (one !== undefined && two !== undefined && second && other !== undefined && other !== first) {
    const blend = {
      kind: 'blend',
      step,
      other,
      visibility: second.visibility,
      by: [one, two],
      output,
    } as const;
    done = append(passes, first, [blend]);
  }
  if (typeof alpha === 'string' && alpha !== 'model' && done !== from) {
    done = append(passes, done, [{ kind: 'alpha', step, other: from, filter: alpha, window, place, output }]);
  }
  return ok(done);
}

/** Lets the first pass of a chain lay its input onto the step's colour, where it has one; a copy where there is none. */
function laidOnto(
  chain: readonly (ModelPass | ResamplePass)[],
  size: Size,
  step: number,
  { alpha }: UpscaleStep,
): readonly Pass[] {
  if (typeof alpha !== 'object') return chain;
  const [first = copyOf(size, step), ...more] = chain;
  return [{ ...first, onto: alpha.onto }, ...more];
}

function enlarge(
  size: Size,
  step: number,
  model: string,
  scale: number,
  placed: Placed,
  { alpha = 'model', extraQuality = 1 }: UpscaleStep,
): (ModelPass | ResamplePass)[] {
  const { window, place } = placed;
  const times = runsNeeded(scale, Math.max(place.width / window.width, place.height / window.height));
  if (times === 0) return resample(size, step, 'lanczos3', placed);

  const how = {
    ...(extraQuality === 1 ? {} : { orientations: extraQuality }),
    ...(alpha === 'model' || typeof alpha === 'object' ? {} : { colourOnly: true as const }),
  };
  const passes: (ModelPass | ResamplePass)[] = [];
  const crop = outwards(window, size);
  let input: Rect = crop;
  for (let i = 0; i < times; i++) {
    const output = { width: input.width * scale, height: input.height * scale };
    passes.push({ kind: 'model', step, model, scale, input, output, ...how });
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
function resample(size: Size, step: number, filter: ClassicFilter, placed: Placed): ResamplePass[] {
  const { window, output, place } = placed;
  const unmoved =
    same(window, rectOf(size)) && same(place, rectOf(output)) && same(rectOf(size), rectOf(output));
  return unmoved ? [] : [{ kind: 'resample', step, filter, ...placed }];
}

function copyOf(size: Size, step: number): ResamplePass {
  const whole = rectOf(size);
  return {
    kind: 'resample',
    step,
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
