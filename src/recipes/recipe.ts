/**
 * A recipe: what to do with a picture, as an ordered list of steps. Plain JSON, versioned, independent
 * of the picture's size, so that one recipe serves a whole queue. Validation: validate.ts.
 */

import type { ClassicFilter } from '../picture/resample-filter.ts';
import type { LdsrStep } from './ldsr.ts';
import type { RefineStep } from './refine.ts';

export type Fit = 'crop' | 'pad' | 'stretch';

/**
 * The size a step ends with: a factor of the step's input (0.5 to 16, of a resize from 0.125), or exact pixels.
 * `crop` fills the target and cuts what hangs over, `pad` fits inside and fills the rest with
 * `background` (`#rrggbb` or `#rrggbbaa`), `stretch` ignores the aspect ratio.
 */
export type SizeTarget =
  | { readonly by: number }
  | { readonly width: number; readonly height: number; readonly fit: Fit; readonly background?: string };

/** A second upscaler that enlarges the same source to the same size, mixed into the first's result. */
export interface Second {
  /** A model's id, or a classic filter. */
  readonly model: string;
  /** Its share of the result, 0 to 1; at 0 and at 1 only one of the two runs. */
  readonly visibility: number;
}

/**
 * How transparency is enlarged: by the model itself as a grey picture (`model`), by a classic filter from the
 * step's source alone (`nearest` keeps its edges hard), or not at all: the picture is laid onto a colour
 * (`#rrggbb`) first and comes out opaque.
 */
export type AlphaRule = 'model' | ClassicFilter | { readonly onto: string };

/** In how many orientations (flips and quarter turns) every tile runs; their mean is the result. */
export const extraQualities = [1, 2, 4, 8] as const;
export type ExtraQuality = (typeof extraQualities)[number];

/** Enlarges with a model: as many passes as the size needs, then one exact resample. */
export interface UpscaleStep {
  readonly kind: 'upscale';
  readonly model: string;
  readonly size: SizeTarget;
  readonly second?: Second;
  /** `model` when it is not given. */
  readonly alpha?: AlphaRule;
  /** 1 when it is not given. */
  readonly extraQuality?: ExtraQuality;
}

/** Resizes with a classic filter alone. */
export interface ResizeStep {
  readonly kind: 'resize';
  readonly filter: ClassicFilter;
  readonly size: SizeTarget;
}

export type Step = UpscaleStep | ResizeStep | RefineStep | LdsrStep;

export interface Recipe {
  readonly version: 1;
  readonly steps: readonly Step[];
}
