/** The chunks of WebP files (RFC 9649): size, orientation, alpha, and whether the end is there. */

import { ByteReader } from './byte-reader.ts';
import { readOrientation, type OrientationTag } from './exif.ts';
import { plainHeader, type PictureHeader, type Wholeness } from './picture-header.ts';

const [ALPHA_FLAG, EXIF_FLAG] = [0x10, 0x08];

/** The largest width and height that WebP can hold. */
export const WEBP_MAX_SIDE = 16_383;

export function readWebpHeader(bytes: Uint8Array): PictureHeader | null {
  const reader = new ByteReader(bytes);
  if (!reader.is(0, 'RIFF') || !reader.is(8, 'WEBP')) return null;
  const data = 20;
  if (reader.is(12, 'VP8 ')) {
    if (reader.u24(data + 3) !== 0x9d012a || !reader.has(data + 6, 4)) return null;
    return plainHeader(reader.u16(data + 6, true) & 0x3fff, reader.u16(data + 8, true) & 0x3fff, false);
  }
  if (reader.is(12, 'VP8L')) {
    if (reader.u8(data) !== 0x2f || !reader.has(data + 1, 4)) return null;
    const bits = reader.u32(data + 1, true);
    return plainHeader((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1, ((bits >>> 28) & 1) === 1);
  }
  if (!reader.is(12, 'VP8X') || !reader.has(data, 10)) return null;
  const flags = reader.u8(data);
  const header = plainHeader(
    reader.u24(data + 4, true) + 1,
    reader.u24(data + 7, true) + 1,
    (flags & ALPHA_FLAG) !== 0,
  );
  if (header === null || (flags & EXIF_FLAG) === 0) return header;
  const found = findExif(bytes, reader);
  return {
    ...header,
    orientation: found === 'not-reached' ? null : found,
    orientationMayFollow: found === 'not-reached',
  };
}

/** The RIFF header says how long the file is; bytes behind that do not matter. */
export function webpWholeness(bytes: Uint8Array): Wholeness {
  const reader = new ByteReader(bytes);
  if (!reader.is(0, 'RIFF') || !reader.is(8, 'WEBP')) return 'damaged';
  return reader.u32(4, true) + 8 <= reader.length ? 'whole' : 'cut-short';
}

/** The EXIF chunk usually follows the pixels. */
function findExif(bytes: Uint8Array, reader: ByteReader): OrientationTag | null | 'not-reached' {
  const end = reader.u32(4, true) + 8;
  let at = 12;
  while (at + 8 <= end) {
    if (!reader.has(at, 8)) return 'not-reached';
    const length = reader.u32(at + 4, true);
    if (reader.is(at, 'EXIF')) {
      if (!reader.has(at + 8, length)) return 'not-reached';
      // Some writers put JPEG's prefix before the TIFF data.
      const prefix = reader.is(at + 8, 'Exif\0\0') ? 6 : 0;
      return readOrientation(bytes, at + 8 + prefix, at + 8 + length);
    }
    at += 8 + length + (length & 1);
  }
  return null;
}
