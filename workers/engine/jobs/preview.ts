/** Bitmaps for the viewer. They are made here so that the page never touches pixels. */

import { area, type Rect, type Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../../src/picture/pixel-store.ts';

/** A block as a bitmap, at `scale` (0..1) of its size, at least one pixel. */
export function bitmapOf(block: PixelBlock, scale: number): Promise<ImageBitmap> {
  const image = new ImageData(bytes(block), block.width, block.height);
  if (scale >= 1) return createImageBitmap(image);
  return createImageBitmap(image, {
    resizeWidth: Math.max(1, Math.round(block.width * scale)),
    resizeHeight: Math.max(1, Math.round(block.height * scale)),
    resizeQuality: 'medium',
  });
}

/** The scale at which a picture has at most `most` pixels. */
export function previewScale(size: Size, most: number): number {
  return Math.min(1, Math.sqrt(most / area(size)));
}

/** Pixels read at once when a large rectangle is scaled down. */
const stripPixels = 4e6;

/** A rectangle of a store, scaled down to fit `max`. */
export async function viewOf(store: PixelStore, rect: Rect, max: Size): Promise<ImageBitmap> {
  const scale = Math.min(1, max.width / rect.width, max.height / rect.height);
  if (area(rect) <= stripPixels) return bitmapOf(await store.read(rect), scale);
  const width = Math.max(1, Math.round(rect.width * scale));
  const height = Math.max(1, Math.round(rect.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('No 2D canvas in this worker.');
  const rows = Math.max(1, Math.floor(stripPixels / rect.width));
  for (let y = 0; y < rect.height; y += rows) {
    const strip = { x: rect.x, y: rect.y + y, width: rect.width, height: Math.min(rows, rect.height - y) };
    const bitmap = await bitmapOf(await store.read(strip), 1);
    // Whole target rows, or the joins between strips would show.
    const top = Math.round((y / rect.height) * height);
    const bottom = Math.round(((y + strip.height) / rect.height) * height);
    context.drawImage(bitmap, 0, top, width, bottom - top);
    bitmap.close();
  }
  return canvas.transferToImageBitmap();
}

function bytes({ data }: PixelBlock): Uint8ClampedArray<ArrayBuffer> {
  if (data instanceof Uint8ClampedArray) return data;
  const narrow = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) narrow[i] = (data[i] as number) / 257;
  return narrow;
}
