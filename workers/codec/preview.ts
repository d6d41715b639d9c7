/** Small versions of a picture for the viewer and the film strip. */

import type { Orientation } from '../../src/formats/exif.ts';
import type { Size } from '../../src/picture/geometry.ts';
import type { OpenedFile } from './open-file.ts';
import { orientedSize, uprightMatrix } from './orient.ts';

/** The size scaled down, sides kept in proportion, to at most `pixels` pixels; never enlarged. */
export function sizeWithin({ width, height }: Size, pixels: number): Size {
  const most = Math.max(1, Math.floor(pixels));
  const scale = Math.min(1, Math.sqrt(most / (width * height)));
  const small = {
    width: Math.max(1, Math.floor(width * scale)),
    height: Math.max(1, Math.floor(height * scale)),
  };
  // A very long picture is kept at least one pixel wide, at the cost of its length.
  return {
    width: Math.min(small.width, Math.max(1, Math.floor(most / small.height))),
    height: Math.min(small.height, Math.max(1, Math.floor(most / small.width))),
  };
}

/** The size scaled down to fit a square of `side`; never enlarged. */
export function sizeInSquare({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The stored picture scaled to `size` and turned upright. With alpha it is decoded anew and
 * premultiplied first: scaling straight colours would bleed what lies under transparent pixels.
 */
export async function scaledUpright(
  { stored, orientation, mayHaveAlpha }: OpenedFile,
  bitmap: ImageBitmap,
  size: Size,
): Promise<ImageBitmap> {
  const options: ImageBitmapOptions = {
    resizeWidth: size.width,
    resizeHeight: size.height,
    resizeQuality: 'high',
    premultiplyAlpha: 'premultiply',
    imageOrientation: 'from-image',
  };
  const scaled = await createImageBitmap(mayHaveAlpha ? stored : bitmap, options);
  return orientation === 1 ? scaled : turned(scaled, orientation);
}

function turned(bitmap: ImageBitmap, orientation: Orientation): ImageBitmap {
  const { width, height } = orientedSize(bitmap, orientation);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) return bitmap;
  context.setTransform(...uprightMatrix(bitmap, orientation));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.transferToImageBitmap();
}
