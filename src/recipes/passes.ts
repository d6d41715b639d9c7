/**
 * A pass is one walk over a picture, tile by tile: a model's fixed enlargement, one exact resample, or a mix of what
 * two others made. Steps are planned into passes for a given picture (plan-passes.ts); the engine runs passes.
 */

import type { Rect, Size, Window } from '../picture/geometry.ts';
import type { ClassicFilter } from '../picture/resample-filter.ts';
import type { ExtraQuality } from './recipe.ts';
import type { FullLdsrStep } from './ldsr.ts';
import type { FullRefineStep } from './refine.ts';

/** What a pass reads: the picture, or the output of the pass with that index. */
export type PassSource = number | 'picture';

interface AnyPass {
  /** Index of the recipe's step this pass belongs to. */
  readonly step: number;
  /** Where it is not given: the pass before, and the picture for the first. See pass-order.ts. */
  readonly from?: PassSource;
  readonly output: Size;
}

export interface ModelPass extends AnyPass {
  readonly kind: 'model';
  readonly model: string;
  readonly scale: number;
  /** The part of the input that is enlarged (the whole of it unless a crop makes the rest useless). */
  readonly input: Rect;
  /** `input` times `scale`. */
  readonly output: Size;
  /** 1 when it is not given. */
  readonly orientations?: ExtraQuality;
  /** Transparency is not looked at and comes out opaque: an alpha pass puts it back. */
  readonly colourOnly?: true;
  /** `#rrggbb`, on which the input is laid first. */
  readonly onto?: string;
}

export interface ResamplePass extends AnyPass {
  readonly kind: 'resample';
  readonly filter: ClassicFilter;
  /** The part of the input that fills `place`. */
  readonly window: Window;
  /** Where in the output the resampled window goes: all of it, but for `pad`. */
  readonly place: Rect;
  /** `#rrggbb` or `#rrggbbaa`, seen only around `place`. */
  readonly background: string;
  /** `#rrggbb`, on which the input is laid first. */
  readonly onto?: string;
}

/** Pixel by pixel, in stored values and alpha included: `from` times (1 - visibility) plus `other` times visibility. */
export interface BlendPass extends AnyPass {
  readonly kind: 'blend';
  readonly other: PassSource;
  /** Of `other`, between 0 and 1. */
  readonly visibility: number;
  /** The upscalers that made the two: ids of models, or classic filters. */
  readonly by: readonly [string, string];
}

/** The colours of `from` with the transparency of `other`, enlarged by a classic filter. */
export interface AlphaPass extends AnyPass {
  readonly kind: 'alpha';
  readonly other: PassSource;
  readonly filter: ClassicFilter;
  /** The part of `other` that fills `place`; around it the transparency of `from` stays. */
  readonly window: Window;
  readonly place: Rect;
}

/** The picture redrawn by a diffusion model; transparency is kept as it is. */
export interface RefinePass extends AnyPass {
  readonly kind: 'refine';
  readonly refine: FullRefineStep;
}

/** The picture drawn four times as large by latent super-resolution; transparency is enlarged by Lanczos. */
export interface LdsrPass extends AnyPass {
  readonly kind: 'ldsr';
  readonly ldsr: FullLdsrStep;
  readonly input: Size;
}

/** The details of `from` with the colours of `other`. */
export interface ColourPass extends AnyPass {
  readonly kind: 'colour';
  readonly other: PassSource;
  readonly match: 'wavelet' | 'mean';
}

export type Pass = ModelPass | ResamplePass | BlendPass | AlphaPass | RefinePass | LdsrPass | ColourPass;
