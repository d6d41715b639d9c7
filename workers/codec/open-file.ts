/** Looks into a file before anything is decoded: what it is, how large, whether it is all there. */

import { fail, ok, type Result } from '../../src/base/result.ts';
import type { Orientation } from '../../src/formats/exif.ts';
import { checkWhole, pictureKind, readPictureHeader } from '../../src/formats/picture-file.ts';
import type { PictureHeader } from '../../src/formats/picture-header.ts';
import { SNIFF_BYTES, type PictureKind } from '../../src/formats/sniff.ts';
import { area, type Size } from '../../src/picture/geometry.ts';
import { orientedSize } from './orient.ts';

const HEAD_BYTES = 2 ** 16;
const MOST_FILE_BYTES = 2 ** 30;
/** What browsers decode at most: the largest bitmap of Chromium, 1 GiB of RGBA. */
const MOST_SIDE = 65_535;
const MOST_PIXELS = 2 ** 28;

export interface Inspected extends Size {
  /** Width and height as seen. */
  readonly kind: PictureKind;
}

export interface OpenedFile {
  readonly kind: PictureKind;
  /** As the header says, before the orientation is applied. */
  readonly size: Size;
  /** The file without its orientation, so that every decoder gives the pixels as they are stored. */
  readonly stored: Blob;
  readonly orientation: Orientation;
  readonly mayHaveAlpha: boolean;
}

/** Format and size, from the head where that is enough. */
export async function inspectFile(file: Blob): Promise<Result<Inspected>> {
  const kind = await kindOf(file);
  if (!kind.ok) return kind;
  const head = await bytesOf(file.slice(0, HEAD_BYTES));
  if (!head.ok) return head;
  let header = readPictureHeader(kind.value, head.value);
  const enough = header.ok && !header.value.orientationMayFollow;
  if (!enough && file.size > HEAD_BYTES) {
    const all = await bytesOf(file);
    if (!all.ok) return all;
    header = readPictureHeader(kind.value, all.value);
  }
  if (!header.ok) return header;
  return ok({ kind: kind.value, ...orientedSize(header.value, header.value.orientation?.value ?? 1) });
}

/** Refuses what is no picture, is damaged or too large; the rest is ready to be decoded. */
export async function openFile(file: Blob): Promise<Result<OpenedFile>> {
  const kind = await kindOf(file);
  if (!kind.ok) return kind;
  const bytes = await bytesOf(file);
  if (!bytes.ok) return bytes;
  const header = readPictureHeader(kind.value, bytes.value);
  const whole = checkWhole(kind.value, bytes.value);
  if (!whole.ok) return whole;
  if (!header.ok) return header;
  const { width, height, orientation, mayHaveAlpha } = header.value;
  if (Math.max(width, height) > MOST_SIDE || area(header.value) > MOST_PIXELS) return tooLarge(header.value);
  return ok({
    kind: kind.value,
    size: { width, height },
    stored: withoutOrientation(file, header.value),
    orientation: orientation?.value ?? 1,
    mayHaveAlpha,
  });
}

/** The failure of a picture that is beyond the decoder or the memory. */
export function tooLarge({ width, height }: Size): Result<never> {
  const message =
    `This picture has ${width} x ${height} pixels, more than this browser can open ` +
    `(at most ${MOST_SIDE} a side and ${MOST_PIXELS} in all, less where memory is short). ` +
    'Make it smaller or cut it into parts with another program.';
  return fail('picture-too-large', message, { width, height, side: MOST_SIDE, pixels: MOST_PIXELS });
}

async function kindOf(file: Blob): Promise<Result<PictureKind>> {
  const head = await bytesOf(file.slice(0, SNIFF_BYTES));
  if (!head.ok) return head;
  const kind = pictureKind(head.value);
  if (kind.ok && file.size > MOST_FILE_BYTES) {
    const message = `This file has ${file.size} bytes; pictures of at most ${MOST_FILE_BYTES} bytes can be opened. Save it smaller with another program.`;
    return fail('picture-too-large', message, { bytes: file.size, most: MOST_FILE_BYTES });
  }
  return kind;
}

/** A file can vanish or change between the moment it was chosen and now. */
async function bytesOf(blob: Blob): Promise<Result<Uint8Array<ArrayBuffer>>> {
  try {
    return ok(new Uint8Array(await blob.arrayBuffer()));
  } catch {
    return fail(
      'picture-corrupt',
      'This file can no longer be read: it was moved, changed or removed. Choose it again.',
      {
        how: 'unreadable',
      },
    );
  }
}

function withoutOrientation(file: Blob, header: PictureHeader): Blob {
  const removal = header.orientation?.removal;
  // The type is left out: browsers go by the bytes, and a wrong type must not mislead them.
  return removal ? new Blob([file.slice(0, removal.start), removal.bytes, file.slice(removal.end)]) : file;
}
