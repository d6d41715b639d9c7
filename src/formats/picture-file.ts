/** One door to the readers of all picture formats, with the failures as messages. */

import { fail, ok, type Result } from '../base/result.ts';
import { avifWholeness, readAvifHeader } from './avif.ts';
import { bmpWholeness, readBmpHeader } from './bmp.ts';
import { gifWholeness, readGifHeader } from './gif.ts';
import { icoWholeness, readIcoHeader } from './ico.ts';
import { jpegWholeness, readJpegHeader } from './jpeg/structure.ts';
import type { HeaderReader, PictureHeader, Wholeness } from './picture-header.ts';
import { pngWholeness, readPngHeader } from './png/structure.ts';
import { sniff, type PictureKind } from './sniff.ts';
import { readWebpHeader, webpWholeness } from './webp.ts';

interface Reader {
  readonly header: HeaderReader;
  readonly wholeness: (bytes: Uint8Array) => Wholeness;
}

const READERS: Readonly<Record<PictureKind, Reader>> = {
  png: { header: readPngHeader, wholeness: pngWholeness },
  jpeg: { header: readJpegHeader, wholeness: jpegWholeness },
  webp: { header: readWebpHeader, wholeness: webpWholeness },
  avif: { header: readAvifHeader, wholeness: avifWholeness },
  gif: { header: readGifHeader, wholeness: gifWholeness },
  bmp: { header: readBmpHeader, wholeness: bmpWholeness },
  ico: { header: readIcoHeader, wholeness: icoWholeness },
};

/** The file's format: `picture-empty` for no bytes, `picture-unknown` when it is no picture that we read. */
export function pictureKind(head: Uint8Array): Result<PictureKind> {
  if (head.length === 0) {
    return fail('picture-empty', 'This file is empty (0 bytes). Get it again from where it came from.');
  }
  const found = sniff(head);
  if (found.picture !== null) return ok(found.picture);
  const message = `This file is not a picture that can be opened here: it is ${found.name}. ${found.advice}`;
  return fail('picture-unknown', message, { is: found.name });
}

/** Size and orientation from a file's head; `picture-corrupt` when `bytes` do not reach that far. */
export function readPictureHeader(kind: PictureKind, bytes: Uint8Array): Result<PictureHeader> {
  const header = READERS[kind].header(bytes);
  return header ? ok(header) : corrupt(kind, 'damaged');
}

/** Checks that a whole file is there to its end: `picture-corrupt` when it is not. */
export function checkWhole(kind: PictureKind, file: Uint8Array): Result<null> {
  const wholeness = READERS[kind].wholeness(file);
  return wholeness === 'whole' ? ok(null) : corrupt(kind, wholeness);
}

/** The failure of a file whose content cannot be used. */
export function corrupt(kind: PictureKind, how: Exclude<Wholeness, 'whole'>): Result<never> {
  const format = kind === 'webp' ? 'WebP' : kind.toUpperCase();
  const what = how === 'cut-short' ? 'is cut short: its end is missing' : 'is damaged and cannot be read';
  const message = `This ${format} file ${what}. Get it again from where it came from.`;
  return fail('picture-corrupt', message, { format: kind, how });
}
