/** The marker structure of JPEG files (ITU-T T.81, annex B): size, orientation, and whether the end is there. */

import { ByteReader } from '../byte-reader.ts';
import { readOrientation, type OrientationTag } from '../exif.ts';
import type { PictureHeader, Wholeness } from '../picture-header.ts';

const EXIF = 'Exif\0\0';
const [SOI, EOI, SOS, APP1, TEM] = [0xd8, 0xd9, 0xda, 0xe1, 0x01];

/** Width, height and orientation from the frame header (SOF) and the first EXIF segment before it. */
export function readJpegHeader(bytes: Uint8Array): PictureHeader | null {
  const reader = new ByteReader(bytes);
  if (reader.u16(0) !== (0xff00 | SOI)) return null;
  let orientation: OrientationTag | null = null;
  let size: { width: number; height: number } | null = null;
  for (let at = nextMarker(bytes, 2); at >= 0;) {
    const marker = reader.u8(at + 1);
    if (marker === EOI) break;
    if (marker === SOS) {
      return size && { ...size, orientation, mayHaveAlpha: false, orientationMayFollow: false };
    }
    if (standsAlone(marker)) {
      at = nextMarker(bytes, at + 2);
      continue;
    }
    const length = reader.u16(at + 2);
    if (length < 2) return null;
    if (marker === APP1 && orientation === null && reader.is(at + 4, EXIF)) {
      orientation = readOrientation(bytes, at + 10, at + 2 + length);
    }
    if (isFrameHeader(marker) && size === null) {
      const [height, width] = [reader.u16(at + 5), reader.u16(at + 7)];
      // A height of 0 is legal (it follows the first scan, DNL), but no decoder here reads it.
      if (!(width > 0 && height > 0)) return null;
      size = { width, height };
    }
    at = nextMarker(bytes, at + 2 + length);
  }
  // The EXIF segment always precedes the frame header in practice, so the size alone is enough.
  return size && { ...size, orientation, mayHaveAlpha: false, orientationMayFollow: false };
}

/**
 * Follows the markers from the start to EOI, over the entropy-coded data of every scan. Bytes behind
 * EOI do not matter (cameras and editors put all sorts of things there). A file whose EOI is missing
 * counts as cut short: nothing else tells a picture with its lower half missing from a complete one.
 */
export function jpegWholeness(bytes: Uint8Array): Wholeness {
  const reader = new ByteReader(bytes);
  if (reader.u16(0) !== (0xff00 | SOI)) return 'damaged';
  let scans = 0;
  let at = 2;
  for (;;) {
    at = nextMarker(bytes, at);
    if (at < 0) return 'cut-short';
    const marker = reader.u8(at + 1);
    if (marker === EOI) return scans > 0 ? 'whole' : 'damaged';
    if (standsAlone(marker)) {
      at += 2;
      continue;
    }
    const length = reader.u16(at + 2);
    if (length < 0) return 'cut-short';
    if (length < 2) return 'damaged';
    if (marker === SOS) scans++;
    at += 2 + length;
    if (at > bytes.length) return 'cut-short';
  }
}

/**
 * The next marker from `at`: 0xFF, then neither a stuffed zero nor a fill byte. Between segments this
 * is where we stand; in entropy-coded data it skips the data. -1 when there is none.
 */
function nextMarker(bytes: Uint8Array, at: number): number {
  for (let i = bytes.indexOf(0xff, at); i >= 0; i = bytes.indexOf(0xff, i + 1)) {
    const next = bytes[i + 1];
    if (next === undefined) return -1;
    if (next !== 0 && next !== 0xff) return i;
  }
  return -1;
}

/** Markers without a segment: the start of a picture, restarts, and TEM. */
function standsAlone(marker: number): boolean {
  return marker === SOI || marker === TEM || (marker >= 0xd0 && marker <= 0xd7);
}

/** SOF0 to SOF15, without DHT (C4), JPG (C8) and DAC (CC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
