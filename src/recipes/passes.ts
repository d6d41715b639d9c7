/**
 * A pass is one walk over a picture, tile by tile: a model's fixed enlargement, or one exact resample.
 * Steps are planned into passes for a given picture (plan-passes.ts); the engine runs passes.
 */

import type { Rect, Size, Window } from '../picture/geometry.ts';
import type { ClassicFilter } from '../picture/resample-filter.ts';

export interface ModelPass {
  readonly kind: 'model';
  /** Index of the recipe's step this pass belongs to. */
  readonly step: number;
  readonly model: string;
  readonly scale: number;
  /** The part of the input that is enlarged (the whole of it unless a crop makes the rest useless). */
  readonly input: Rect;
  /** `input` times `scale`. */
  readonly output: Size;
}

export interface ResamplePass {
  readonly kind: 'resample';
  readonly step: number;
  readonly filter: ClassicFilter;
  /** The part of the input that fills `place`. */
  readonly window: Window;
  readonly output: Size;
  /** Where in the output the resampled window goes: all of it, but for `pad`. */
  readonly place: Rect;
  /** `#rrggbb` or `#rrggbbaa`, seen only around `place`. */
  readonly background: string;
}

export type Pass = ModelPass | ResamplePass;
