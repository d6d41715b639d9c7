/**
 * Where the pixels of one picture live while work goes on. Every step reads rectangles from one
 * store and writes rectangles to the next, so a store never hands out the whole picture unless it
 * is asked for it. Homes: memory (memory-store.ts); a file in the origin private file system comes later.
 *
 * Pixels are RGBA, interleaved, rows from the top, **straight** (not premultiplied) alpha, in the
 * picture's own transfer curve (sRGB), 8 or 16 bits a sample.
 */

import type { Rect, Size } from './geometry.ts';

export type Depth = 8 | 16;

/** A rectangle of pixels: `data.length === width * height * 4`. 16-bit samples span 0..65535. */
export interface PixelBlock extends Size {
  readonly data: Uint8ClampedArray<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

export interface PixelStore extends Size {
  readonly depth: Depth;
  /** A copy of the pixels in `rect`, which must lie inside the store. */
  read(rect: Rect): Promise<PixelBlock>;
  /** Writes `block` (of the rectangle's size and the store's depth) at `rect`. */
  write(rect: Rect, block: PixelBlock): Promise<void>;
  /** Frees the pixels; the store cannot be used afterwards. */
  release(): Promise<void>;
}
