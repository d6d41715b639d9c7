/** Passes in words; the words themselves belong to whoever speaks. */

import { ldsrScale } from '../diffusion/ldsr/choices.ts';
import type { Size } from '../picture/geometry.ts';
import type { ClassicFilter } from '../picture/resample-filter.ts';
import { chainTo, sourcesOf } from './pass-order.ts';
import type { Pass, ResamplePass } from './passes.ts';
import type { ExtraQuality } from './recipe.ts';

/** One of two results that are mixed: what was done, by whom, and its share in whole per cents. */
export interface MixedPart {
  readonly what: string;
  readonly by: string;
  readonly share: number;
}

export interface PassWords {
  /** A network's pass, by its scale; `ldsr` for latent super-resolution. */
  readonly times: (scale: number, ldsr?: boolean) => string;
  /** A resample to a size, by what it does to the picture. */
  readonly to: Readonly<Record<'down' | 'up' | 'stretched' | 'same', (size: Size) => string>>;
  /** Passes one after the other. */
  readonly chain: (words: readonly string[]) => string;
  /** A picture redrawn by a diffusion model, by the denoising strength. */
  readonly redrawn: (strength: number) => string;
  /** For no change at all. */
  readonly unchanged: string;
  readonly mixed: (first: MixedPart, second: MixedPart) => string;
  /** What is said after the passes: how often a tile runs, and what becomes of transparency. */
  readonly orientations: (count: ExtraQuality) => string;
  readonly alpha: (filter: ClassicFilter) => string;
  readonly onto: (colour: string) => string;
  /** The passes with such remarks, of which there is at least one. */
  readonly remarked: (passes: string, remarks: readonly string[]) => string;
}

/**
 * For example "4×, then 4×, then down to 3840 × 2160", or "4× by A and B, mixed 70 : 30". `nameOf` names a model or
 * classic filter by its id.
 */
export function describePasses(
  passes: readonly Pass[],
  words: PassWords,
  nameOf: (id: string) => string,
): string {
  const steps = [...new Set(passes.map(({ step }) => step))];
  const said = steps.flatMap((step) => describeStep(passes, step, words, nameOf));
  const text = said.length > 0 ? words.chain(said) : words.unchanged;
  const remarks = remarksOn(passes, words);
  return remarks.length > 0 ? words.remarked(text, remarks) : text;
}

function describeStep(
  passes: readonly Pass[],
  step: number,
  words: PassWords,
  nameOf: (id: string) => string,
): string[] {
  const index = passes.findIndex((pass) => pass.kind === 'blend' && pass.step === step);
  const blend = passes[index];
  if (blend?.kind !== 'blend') {
    return passes.filter((pass) => pass.step === step).flatMap((pass) => describePass(pass, words));
  }
  const share = Math.round(blend.visibility * 100);
  const [one, two] = sourcesOf(passes, index).map((source) => {
    const said = chainTo(passes, source, step).flatMap((pass) => describePass(pass, words));
    return said.length > 0 ? words.chain(said) : words.unchanged;
  });
  const [first, second] = blend.by;
  return [
    words.mixed(
      { what: one ?? words.unchanged, by: nameOf(first), share: 100 - share },
      { what: two ?? words.unchanged, by: nameOf(second), share },
    ),
  ];
}

function describePass(pass: Pass, words: PassWords): string[] {
  if (pass.kind === 'model') return [words.times(pass.scale)];
  if (pass.kind === 'ldsr') return [words.times(ldsrScale, true)];
  if (pass.kind === 'refine') return [words.redrawn(pass.refine.strength)];
  return pass.kind === 'resample' ? describeResample(pass, words) : [];
}

function remarksOn(passes: readonly Pass[], words: PassWords): string[] {
  const remarks = passes.flatMap((pass) => remarkOn(pass, words));
  return [...new Set(remarks)];
}

function remarkOn(pass: Pass, words: PassWords): string[] {
  if (pass.kind === 'alpha') return [words.alpha(pass.filter)];
  if (pass.kind !== 'model' && pass.kind !== 'resample') return [];
  const onto = pass.onto === undefined ? [] : [words.onto(pass.onto)];
  if (pass.kind === 'resample' || pass.orientations === undefined) return onto;
  return [words.orientations(pass.orientations), ...onto];
}

function describeResample({ window, output, place }: ResamplePass, { to }: PassWords): string[] {
  const across = place.width / window.width;
  const down = place.height / window.height;
  const padded = place.width !== output.width || place.height !== output.height;
  if (across === 1 && down === 1) {
    return window.x === 0 && window.y === 0 && !padded ? [] : [to.same(output)];
  }
  if (across <= 1 && down <= 1) return [to.down(output)];
  if (across >= 1 && down >= 1) return [to.up(output)];
  return [to.stretched(output)];
}
