/** Decodes a picture file to RGBA pixels with straight alpha, upright, 8 bits a sample. */

import { ok, type Result } from '../../src/base/result.ts';
import { corrupt } from '../../src/formats/picture-file.ts';
import { allOpaque } from '../../src/formats/png/colours.ts';
import { area, type Size } from '../../src/picture/geometry.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { tooLarge, type OpenedFile } from './open-file.ts';
import { orientedSize, placeTile } from './orient.ts';
import { scaledUpright, sizeWithin } from './preview.ts';
import {
  canvasReader,
  forgetReader,
  READ_SIDE,
  STRAIGHT,
  straightReader,
  type PixelReader,
} from './straight-pixels.ts';
import { decodePng } from './upng.ts';

/** A bitmap that fails to decode beyond this size is taken for too large, below it for damaged. */
const SURELY_DECODED = 2 ** 26;

export interface Decoded {
  readonly block: PixelBlock;
  readonly opaque: boolean;
  /** False where colours under low alpha were rounded. */
  readonly exact: boolean;
  readonly preview: ImageBitmap;
}

interface Pixels {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly exact: boolean;
}

export async function decodeFile(file: OpenedFile, previewPixels: number): Promise<Result<Decoded>> {
  const bitmap = await bitmapOf(file);
  if (!bitmap.ok) return bitmap;
  try {
    const pixels = await readPixels(file, bitmap.value);
    if (!pixels.ok) return pixels;
    const preview = await scaledUpright(file, bitmap.value, sizeWithin(bitmap.value, previewPixels));
    const upright = orientedSize(bitmap.value, file.orientation);
    const { data, exact } = pixels.value;
    const opaque = !file.mayHaveAlpha || allOpaque(data);
    return ok({ block: { ...upright, data }, opaque, exact: exact || opaque, preview });
  } finally {
    bitmap.value.close();
  }
}

/** The first frame, as stored: straight alpha where there is any. */
export async function bitmapOf(file: OpenedFile): Promise<Result<ImageBitmap>> {
  try {
    return ok(await createImageBitmap(file.stored, STRAIGHT));
  } catch {
    return area(file.size) > SURELY_DECODED ? tooLarge(file.size) : corrupt(file.kind, 'damaged');
  }
}

async function readPixels(file: OpenedFile, bitmap: ImageBitmap): Promise<Result<Pixels>> {
  const stored: Size = { width: bitmap.width, height: bitmap.height };
  const pixels = allocate(area(stored));
  if (pixels === null) return tooLarge(stored);
  let exact: boolean;
  try {
    exact = await readStored(file, bitmap, pixels);
  } catch {
    forgetReader();
    try {
      // Once more: the GPU may have been lost for a moment.
      exact = await readStored(file, bitmap, pixels);
    } catch {
      return tooLarge(stored);
    }
  }
  const data = new Uint8ClampedArray(pixels.buffer);
  // An exhausted canvas gives transparent black instead of an error.
  if (!file.mayHaveAlpha && !allOpaque(data)) return tooLarge(stored);
  return ok({ data, exact });
}

/** True when every value came back as it is stored. */
async function readStored(file: OpenedFile, bitmap: ImageBitmap, pixels: Uint32Array): Promise<boolean> {
  const reader = file.mayHaveAlpha ? await straightReader() : canvasReader();
  const straight = reader === null && file.kind === 'png' ? await decodePng(file.stored, bitmap) : null;
  const { width, height } = bitmap;
  if (straight) {
    placeTile(straight, { x: 0, y: 0, width, height }, bitmap, file.orientation, pixels);
    return true;
  }
  readTiles(reader ?? canvasReader(), bitmap, file, pixels);
  // Without WebGL, and in a format that only the browser reads, colours under low alpha are rounded.
  return reader !== null;
}

function readTiles(reader: PixelReader, bitmap: ImageBitmap, file: OpenedFile, pixels: Uint32Array): void {
  for (let y = 0; y < bitmap.height; y += READ_SIDE) {
    for (let x = 0; x < bitmap.width; x += READ_SIDE) {
      const width = Math.min(READ_SIDE, bitmap.width - x);
      const height = Math.min(READ_SIDE, bitmap.height - y);
      const rect = { x, y, width, height };
      const tile = reader(bitmap, rect);
      placeTile(new Uint32Array(tile.buffer), rect, bitmap, file.orientation, pixels);
    }
  }
}

function allocate(pixels: number): Uint32Array<ArrayBuffer> | null {
  try {
    return new Uint32Array(pixels);
  } catch {
    return null;
  }
}
