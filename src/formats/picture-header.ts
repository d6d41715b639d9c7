/** What the bytes of a picture file say about the picture, without decoding it. */

import type { Size } from '../picture/geometry.ts';
import type { OrientationTag } from './exif.ts';

export interface PictureHeader extends Size {
  /** Width and height are as stored, before the orientation is applied. */
  readonly orientation: OrientationTag | null;
  /** False only where the format or the header rules out any transparency. */
  readonly mayHaveAlpha: boolean;
  /** True when the orientation may stand in bytes behind those that were given. */
  readonly orientationMayFollow: boolean;
}

/** Reads a header; null when the bytes end too early or make no sense. */
export type HeaderReader = (bytes: Uint8Array) => PictureHeader | null;

/**
 * Whether the file is there to its end. Decoders of browsers fill what is missing with grey or
 * black, so a file that was cut short has to be found by its structure.
 */
export type Wholeness = 'whole' | 'cut-short' | 'damaged';

/** A header without orientation; null when a side is not a positive whole number. */
export function plainHeader(width: number, height: number, mayHaveAlpha: boolean): PictureHeader | null {
  if (!(width > 0 && height > 0)) return null;
  return { width, height, orientation: null, mayHaveAlpha, orientationMayFollow: false };
}
