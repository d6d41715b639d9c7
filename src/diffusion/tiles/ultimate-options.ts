/** What can be chosen of Ultimate SD Upscale, and what the original chooses. */

import type { Size } from '../../picture/geometry.ts';
import type { JobMask } from './ultimate-mask.ts';

export type RedrawOrder = 'linear' | 'chess' | 'none';
export type SeamFix = 'none' | 'band' | 'half-tile' | 'half-tile-intersections';

/** Lengths are pixels of the enlarged picture. */
export interface UltimateOptions {
  readonly order: RedrawOrder;
  readonly tile: Size;
  readonly padding: number;
  /** Standard deviation of the blur of the masks' edges. */
  readonly maskBlur: number;
  readonly seamFix: SeamFix;
  readonly seamDenoise: number;
  /** Width of the bands. */
  readonly seamWidth: number;
  readonly seamMaskBlur: number;
  readonly seamPadding: number;
  /** Sides of what is processed are rounded up to multiples of it; 64, because UNets halve the latent map three times. */
  readonly multiple: number;
}

/** The original's own. */
export const ultimateDefaults: UltimateOptions = {
  order: 'linear',
  tile: { width: 512, height: 512 },
  padding: 32,
  maskBlur: 8,
  seamFix: 'none',
  seamDenoise: 0.35,
  seamWidth: 64,
  seamMaskBlur: 4,
  seamPadding: 16,
  multiple: 64,
};

/** A job before its crop is known. */
export interface JobArea {
  readonly pass: 'redraw' | 'band' | 'half-tile' | 'intersection';
  readonly mask: JobMask;
  readonly padding: number;
  readonly size: Size;
}
