/** The headers of BMP files: size, and whether the pixels are there. */

import { ByteReader } from './byte-reader.ts';
import { plainHeader, type PictureHeader, type Wholeness } from './picture-header.ts';

const CORE_HEADER = 12;
const UNCOMPRESSED = new Set([0, 3, 6]);

/** Height may be stored negative: the rows then run from the top. */
export function readBmpHeader(bytes: Uint8Array): PictureHeader | null {
  const reader = new ByteReader(bytes);
  if (!reader.is(0, 'BM')) return null;
  const headerSize = reader.u32(14, true);
  if (headerSize === CORE_HEADER) return plainHeader(reader.u16(18, true), reader.u16(20, true), false);
  if (headerSize < 40) return null;
  const bits = reader.u16(28, true);
  return plainHeader(reader.i32(18, true), Math.abs(reader.i32(22, true)), bits === 32 || bits === 16);
}

/** Uncompressed pixels must all be there; of compressed ones only the announced file size is known. */
export function bmpWholeness(bytes: Uint8Array): Wholeness {
  const reader = new ByteReader(bytes);
  const header = readBmpHeader(bytes);
  if (header === null) return 'damaged';
  const core = reader.u32(14, true) === CORE_HEADER;
  const bits = reader.u16(core ? 24 : 28, true);
  const compression = core ? 0 : reader.u32(30, true);
  const pixels = reader.u32(10, true);
  const needed = UNCOMPRESSED.has(compression)
    ? pixels + Math.ceil((header.width * bits) / 32) * 4 * header.height
    : reader.u32(2, true);
  return needed <= reader.length ? 'whole' : 'cut-short';
}
