/**
 * Pixels for the stage: one picture in a few sizes, so that drawing it never costs more than the
 * screen has pixels. Tiles are drawn into every size as they come.
 */

import type { Rect, Size } from '../../picture/geometry.ts';
import { levelFor, levelSizes } from './levels.ts';

interface Level {
  readonly scale: number;
  readonly source: OffscreenCanvas | ImageBitmap;
  readonly context: OffscreenCanvasRenderingContext2D | null;
}

/** A sharper part, fetched when the surface is too coarse for the zoom. */
export interface Detail {
  readonly rect: Rect;
  readonly bitmap: ImageBitmap;
}

export class Surface {
  /** The pixel grid that rectangles are given in. */
  readonly frame: Size;
  readonly #levels: readonly Level[];
  #done: Rect[] | 'all' = [];
  #detail: Detail | null = null;

  private constructor(frame: Size, levels: readonly Level[]) {
    this.frame = frame;
    this.#levels = levels;
  }

  /** An empty surface for a result that is to come. */
  static empty(frame: Size, most: number): Surface {
    return new Surface(
      frame,
      levelSizes(frame, most).map(({ width, height, scale }) => {
        const source = new OffscreenCanvas(width, height);
        return { scale, source, context: smooth(source.getContext('2d')) };
      }),
    );
  }

  /** A finished picture of `frame` size; the bitmap may be smaller, and now belongs to the surface. */
  static of(bitmap: ImageBitmap, frame: Size): Surface {
    const first = bitmap.width / frame.width;
    const levels: Level[] = [{ scale: first, source: bitmap, context: null }];
    for (const { width, height, scale } of levelSizes(bitmap, Infinity).slice(1)) {
      const source = new OffscreenCanvas(width, height);
      const above = levels.at(-1)?.source ?? bitmap;
      smooth(source.getContext('2d'))?.drawImage(above, 0, 0, width, height);
      levels.push({ scale: first * scale, source, context: null });
    }
    const surface = new Surface(frame, levels);
    surface.finish();
    return surface;
  }

  /** Surface pixels for one frame pixel: a view finer than this wants a detail. */
  get resolution(): number {
    return this.#levels[0]?.scale ?? 1;
  }

  /** What is there already: rectangles of the frame, or all of it. */
  get done(): readonly Rect[] | 'all' {
    return this.#done;
  }

  get detail(): Detail | null {
    return this.#detail;
  }

  /** Draws a tile over what was there. Edges grow to whole pixels, so that no gap shows between tiles. */
  draw(bitmap: ImageBitmap, rect: Rect): void {
    for (const { scale, context } of this.#levels) {
      if (!context) continue;
      const x = Math.floor(rect.x * scale + 1e-3);
      const y = Math.floor(rect.y * scale + 1e-3);
      const width = Math.max(1, Math.ceil((rect.x + rect.width) * scale - 1e-3) - x);
      const height = Math.max(1, Math.ceil((rect.y + rect.height) * scale - 1e-3) - y);
      context.clearRect(x, y, width, height);
      context.drawImage(bitmap, x, y, width, height);
    }
    if (this.#done !== 'all') this.#done.push(rect);
  }

  finish(): void {
    this.#done = 'all';
  }

  sharpen(detail: Detail | null): void {
    this.#detail?.bitmap.close();
    this.#detail = detail;
  }

  /**
   * Draws `part` of the frame into `place` of the target (device pixels), from the level that fits,
   * with the detail over it where there is one.
   */
  paint(target: CanvasRenderingContext2D, part: Rect, place: Rect): void {
    const wanted = place.width / part.width;
    const level = levelFor(this.#levels, wanted * 0.99);
    if (!level) return;
    drawPart(target, level.source, { x: 0, y: 0, ...this.frame }, part, place);
    const detail = this.#detail;
    if (detail && wanted > this.resolution) drawPart(target, detail.bitmap, detail.rect, part, place);
  }

  /** Frees the pixels at once instead of waiting for the garbage collector. */
  release(): void {
    this.sharpen(null);
    for (const { source } of this.#levels) {
      if (source instanceof ImageBitmap) source.close();
      else source.width = source.height = 0;
    }
  }
}

/** Draws what `whole` (which `source` stands for) and `part` share, where it belongs in `place`. */
function drawPart(
  target: CanvasRenderingContext2D,
  source: OffscreenCanvas | ImageBitmap,
  whole: Rect,
  part: Rect,
  place: Rect,
): void {
  const x = Math.max(whole.x, part.x);
  const y = Math.max(whole.y, part.y);
  const width = Math.min(whole.x + whole.width, part.x + part.width) - x;
  const height = Math.min(whole.y + whole.height, part.y + part.height) - y;
  if (width <= 0 || height <= 0 || source.width === 0) return;
  const fineX = source.width / whole.width;
  const fineY = source.height / whole.height;
  const zoomX = place.width / part.width;
  const zoomY = place.height / part.height;
  target.drawImage(
    source,
    (x - whole.x) * fineX,
    (y - whole.y) * fineY,
    width * fineX,
    height * fineY,
    place.x + (x - part.x) * zoomX,
    place.y + (y - part.y) * zoomY,
    width * zoomX,
    height * zoomY,
  );
}

function smooth(context: OffscreenCanvasRenderingContext2D | null): OffscreenCanvasRenderingContext2D | null {
  if (context) context.imageSmoothingQuality = 'high';
  return context;
}
