/** The chunk structure of PNG files (PNG specification, third edition): header, orientation, wholeness. */

import { ByteReader } from '../byte-reader.ts';
import { readOrientation, type OrientationTag } from '../exif.ts';
import type { PictureHeader, Wholeness } from '../picture-header.ts';
import { crc32 } from './crc32.ts';

export const PNG_SIGNATURE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The largest width and height that PNG can hold. */
export const PNG_MAX_SIDE = 2 ** 31 - 1;

interface Chunk {
  readonly type: string;
  readonly at: number;
  /** Bytes of data; the whole chunk has 12 more. */
  readonly length: number;
}

const COLOUR_TYPES_WITH_ALPHA = new Set([4, 6]);

/** Width, height, orientation (eXIf), and whether there is an alpha channel or a transparent colour. */
export function readPngHeader(bytes: Uint8Array): PictureHeader | null {
  const reader = new ByteReader(bytes);
  if (!hasSignature(bytes) || !reader.is(12, 'IHDR') || !reader.has(16, 13)) return null;
  const [width, height, colourType] = [reader.u32(16), reader.u32(20), reader.u8(25)];
  if (width < 1 || height < 1 || width > PNG_MAX_SIDE || height > PNG_MAX_SIDE) return null;
  let mayHaveAlpha = COLOUR_TYPES_WITH_ALPHA.has(colourType);
  let sawData = false;
  let sawEnd = false;
  let orientation: OrientationTag | null = null;
  for (const chunk of chunks(reader)) {
    if (chunk.type === 'tRNS') mayHaveAlpha = true;
    if (chunk.type === 'IDAT') sawData = true;
    if (chunk.type === 'IEND') sawEnd = true;
    if (chunk.type === 'eXIf' && orientation === null) orientation = chunkOrientation(bytes, chunk);
  }
  return {
    width,
    height,
    // Where the data has not been reached, a transparent colour may still follow.
    mayHaveAlpha: mayHaveAlpha || !sawData,
    orientation,
    orientationMayFollow: orientation === null && !sawEnd,
  };
}

/** Walks the chunks to IEND and checks the sums of those that carry pixels. */
export function pngWholeness(bytes: Uint8Array): Wholeness {
  const reader = new ByteReader(bytes);
  if (!hasSignature(bytes)) return 'damaged';
  let sawData = false;
  for (const { type, at, length } of chunks(reader)) {
    if (!/^[A-Za-z]{4}$/.test(type)) return 'damaged';
    if (!reader.has(at, length + 12)) return 'cut-short';
    if (type === 'IEND') return sawData ? 'whole' : 'damaged';
    if (type === 'IDAT') sawData = true;
    if (type === 'IDAT' || type === 'IHDR' || type === 'PLTE') {
      const sum = crc32(bytes.subarray(at + 4, at + 8 + length));
      if (sum !== reader.u32(at + 8 + length)) return 'damaged';
    }
  }
  return 'cut-short';
}

/** Every chunk whose length and name are there, up to IEND. */
function* chunks(reader: ByteReader): Generator<Chunk> {
  for (let at = 8; reader.has(at, 8);) {
    const chunk = { type: reader.text(at + 4, 4), at, length: reader.u32(at) };
    yield chunk;
    if (chunk.type === 'IEND') return;
    at += chunk.length + 12;
  }
}

/** The chunk carries a checksum, so it goes as a whole rather than being edited. */
function chunkOrientation(bytes: Uint8Array, { at, length }: Chunk): OrientationTag | null {
  const tag = readOrientation(bytes, at + 8, at + 8 + length);
  const end = at + 12 + length;
  return tag && { value: tag.value, removal: { start: at, end, bytes: new Uint8Array(0) } };
}

function hasSignature(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}
