/** The directory of ICO files: the largest picture's size, and whether its bytes are there. */

import { ByteReader } from './byte-reader.ts';
import { plainHeader, type PictureHeader, type Wholeness } from './picture-header.ts';

/** The largest picture of the file is the one that is decoded. A side of 0 stands for 256. */
export function readIcoHeader(bytes: Uint8Array): PictureHeader | null {
  const reader = new ByteReader(bytes);
  if (reader.u32(0) !== 0x00000100) return null;
  const count = reader.u16(4, true);
  let best: { width: number; height: number } | null = null;
  for (let i = 0; i < count; i++) {
    const at = 6 + i * 16;
    if (!reader.has(at, 16)) return null;
    const [width, height] = [reader.u8(at) || 256, reader.u8(at + 1) || 256];
    if (best === null || width * height > best.width * best.height) best = { width, height };
  }
  return best && plainHeader(best.width, best.height, true);
}

export function icoWholeness(bytes: Uint8Array): Wholeness {
  const reader = new ByteReader(bytes);
  const count = reader.u16(4, true);
  if (count === 0) return 'damaged';
  for (let i = 0; i < count; i++) {
    const at = 6 + i * 16;
    if (!reader.has(at, 16)) return 'cut-short';
    if (!reader.has(reader.u32(at + 12, true), reader.u32(at + 8, true))) return 'cut-short';
  }
  return count > 0 ? 'whole' : 'cut-short';
}
