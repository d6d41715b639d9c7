/**
 * The orientation tag of EXIF data: a TIFF structure, found in JPEG (APP1), PNG (eXIf) and WebP
 * (EXIF chunk). Only the first directory is read. Layout: the EXIF and TIFF 6.0 specifications.
 */

import { ByteReader } from './byte-reader.ts';

/**
 * How the stored picture has to be turned to be seen upright: 1 as it is, 2 mirrored left to right,
 * 3 by 180 degrees, 4 mirrored top to bottom, 5 transposed, 6 by 90 degrees clockwise, 7 transposed
 * over the other diagonal, 8 by 90 degrees counter-clockwise.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface OrientationTag {
  readonly value: Orientation;
  /**
   * What to write over the bytes from `start` to `end` of the file so that it carries no
   * orientation any more.
   */
  readonly removal: { readonly start: number; readonly end: number; readonly bytes: Uint8Array<ArrayBuffer> };
}

const ORIENTATION = 0x0112;
const SHORT = 3;

/**
 * Finds the orientation in TIFF data that starts at `at` of the file and ends before `end`.
 * Null when there is none, or none that makes sense. Never throws.
 */
export function readOrientation(file: Uint8Array, at: number, end: number): OrientationTag | null {
  if (!(at >= 0 && end <= file.length && at < end)) return null;
  const tiff = new ByteReader(file.subarray(at, end));
  const little = tiff.is(0, 'II');
  if (!little && !tiff.is(0, 'MM')) return null;
  if (tiff.u16(2, little) !== 42) return null;
  const directory = tiff.u32(4, little);
  if (directory < 8) return null;
  const entries = tiff.u16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (!tiff.has(entry, 12)) return null;
    if (tiff.u16(entry, little) !== ORIENTATION) continue;
    const value = tiff.u16(entry + 8, little);
    if (tiff.u16(entry + 2, little) !== SHORT || !isOrientation(value)) return null;
    const start = at + entry + 8;
    const upright = new Uint8Array(little ? [1, 0] : [0, 1]);
    return { value, removal: { start, end: start + 2, bytes: upright } };
  }
  return null;
}

/** Whether the orientation swaps width and height. */
export function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}

function isOrientation(value: number): value is Orientation {
  return Number.isInteger(value) && value >= 1 && value <= 8;
}
