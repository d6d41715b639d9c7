/**
 * A recipe: what to do with a picture, as an ordered list of steps. Plain JSON, versioned, independent
 * of the picture's size, so that one recipe serves a whole queue. Validation: validate.ts.
 */

import type { ClassicFilter } from '../picture/resample-filter.ts';

export type Fit = 'crop' | 'pad' | 'stretch';

/**
 * The size a step ends with: a factor of the step's input (0.5 to 16), or exact pixels.
 * `crop` fills the target and cuts what hangs over, `pad` fits inside and fills the rest with
 * `background` (`#rrggbb` or `#rrggbbaa`), `stretch` ignores the aspect ratio.
 */
export type SizeTarget =
  | { readonly by: number }
  | { readonly width: number; readonly height: number; readonly fit: Fit; readonly background?: string };

/** Enlarges with a model: as many passes as the size needs, then one exact resample. */
export interface UpscaleStep {
  readonly kind: 'upscale';
  readonly model: string;
  readonly size: SizeTarget;
}

/** Resizes with a classic filter alone. */
export interface ResizeStep {
  readonly kind: 'resize';
  readonly filter: ClassicFilter;
  readonly size: SizeTarget;
}

export type Step = UpscaleStep | ResizeStep;

export interface Recipe {
  readonly version: 1;
  readonly steps: readonly Step[];
}
