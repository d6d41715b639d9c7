/** The blocks of GIF files (GIF89a): size, and whether the first frame is there to its end. */

import { ByteReader } from './byte-reader.ts';
import { plainHeader, type PictureHeader, type Wholeness } from './picture-header.ts';

const [EXTENSION, IMAGE] = [0x21, 0x2c];

/** The logical screen's size. Whether a colour is transparent is only known frame by frame. */
export function readGifHeader(bytes: Uint8Array): PictureHeader | null {
  const reader = new ByteReader(bytes);
  if (!reader.is(0, 'GIF87a') && !reader.is(0, 'GIF89a')) return null;
  return plainHeader(reader.u16(6, true), reader.u16(8, true), true);
}

/** Only the first frame is used, so only that must be whole. */
export function gifWholeness(bytes: Uint8Array): Wholeness {
  const reader = new ByteReader(bytes);
  let at = 13 + colourTable(reader.u8(10));
  for (;;) {
    const block = reader.u8(at);
    if (block === -1) return 'cut-short';
    if (block === EXTENSION) {
      at = skipSubBlocks(reader, at + 2);
    } else if (block === IMAGE) {
      if (!reader.has(at, 10)) return 'cut-short';
      return skipSubBlocks(reader, at + 11 + colourTable(reader.u8(at + 9))) < 0 ? 'cut-short' : 'whole';
    } else {
      // The trailer before any frame, or something that is no block.
      return 'damaged';
    }
    if (at < 0) return 'cut-short';
  }
}

/** Bytes of the colour table that a packed field announces. */
function colourTable(packed: number): number {
  return packed > 0 && (packed & 0x80) !== 0 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}

/** The position behind the terminating empty sub-block, or -1. */
function skipSubBlocks(reader: ByteReader, start: number): number {
  let at = start;
  for (;;) {
    const length = reader.u8(at);
    if (length < 0) return -1;
    at += 1 + length;
    if (length === 0) return at;
  }
}
