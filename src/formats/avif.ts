/**
 * The boxes of AVIF files (ISO/IEC 14496-12 and 23008-12): the primary item's size, as it is seen.
 * Rotation (irot) belongs to decoding here, every decoder applies it; EXIF has no say in AVIF.
 */

import { ByteReader } from './byte-reader.ts';
import { plainHeader, type PictureHeader, type Wholeness } from './picture-header.ts';

interface Box {
  readonly type: string;
  /** Where the content starts and ends. */
  readonly start: number;
  readonly end: number;
}

export function readAvifHeader(bytes: Uint8Array): PictureHeader | null {
  const reader = new ByteReader(bytes);
  const meta = find(reader, 0, reader.length, 'meta');
  if (meta === null || meta.end > reader.length) return null;
  const primary = find(reader, meta.start + 4, meta.end, 'pitm');
  const properties = find(reader, meta.start + 4, meta.end, 'iprp');
  if (primary === null || properties === null) return null;
  const wide = reader.u8(primary.start) > 0;
  const item = wide ? reader.u32(primary.start + 4) : reader.u16(primary.start + 4);
  const container = find(reader, properties.start, properties.end, 'ipco');
  const links = find(reader, properties.start, properties.end, 'ipma');
  if (container === null || links === null) return null;
  const list = [...boxes(reader, container.start, container.end)];
  let size: { width: number; height: number } | null = null;
  let quarterTurns = 0;
  for (const index of propertiesOf(reader, links, item)) {
    const box = list[index - 1];
    if (box?.type === 'ispe') {
      size = { width: reader.u32(box.start + 4), height: reader.u32(box.start + 8) };
    }
    if (box?.type === 'irot') quarterTurns = reader.u8(box.start) & 3;
  }
  if (size === null) return null;
  const lying = quarterTurns % 2 === 1;
  return plainHeader(lying ? size.height : size.width, lying ? size.width : size.height, true);
}

/** Every box at the top must be there to its end, and the coded data (mdat, or idat in meta) among them. */
export function avifWholeness(bytes: Uint8Array): Wholeness {
  const reader = new ByteReader(bytes);
  let data = false;
  for (const box of boxes(reader, 0, reader.length)) {
    if (box.end > reader.length) return 'cut-short';
    if (box.type === 'mdat') data = true;
    if (box.type === 'meta' && find(reader, box.start + 4, box.end, 'idat')) data = true;
  }
  return data ? 'whole' : 'cut-short';
}

function find(reader: ByteReader, start: number, end: number, type: string): Box | null {
  for (const box of boxes(reader, start, end)) if (box.type === type) return box;
  return null;
}

/** The boxes one after another; the last may claim to end behind the bytes. */
function* boxes(reader: ByteReader, start: number, end: number): Generator<Box> {
  for (let at = start; at + 8 <= end && reader.has(at, 8);) {
    const short = reader.u32(at);
    const long = short === 1;
    if (long && !reader.has(at + 8, 8)) return;
    const length = short === 0 ? end - at : long ? reader.u32(at + 8) * 2 ** 32 + reader.u32(at + 12) : short;
    if (length < (long ? 16 : 8)) return;
    yield { type: reader.text(at + 4, 4), start: at + (long ? 16 : 8), end: at + length };
    at += length;
  }
}

/** The 1-based numbers of an item's properties, from the association box. */
function propertiesOf(reader: ByteReader, links: Box, item: number): number[] {
  const wideItems = reader.u8(links.start) > 0;
  const wideIndices = (reader.u8(links.start + 3) & 1) === 1;
  const entries = reader.u32(links.start + 4);
  let at = links.start + 8;
  for (let i = 0; i < entries && at < links.end; i++) {
    const id = wideItems ? reader.u32(at) : reader.u16(at);
    at += wideItems ? 4 : 2;
    const count = reader.u8(at++);
    if (count < 0) return [];
    const width = wideIndices ? 2 : 1;
    if (id === item) {
      return Array.from({ length: count }, (_, k) =>
        wideIndices ? reader.u16(at + k * width) & 0x7fff : reader.u8(at + k * width) & 0x7f,
      );
    }
    at += count * width;
  }
  return [];
}
