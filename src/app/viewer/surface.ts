/**
 * Pixels for the stage: one picture in a few sizes, so that drawing it never costs more than the
 * screen has pixels. Tiles are drawn into every size as they come, in bands, each in a task of its own.
 */

import { SerialQueue } from '../../base/serial-queue.ts';
import type { Rect, Size } from '../../picture/geometry.ts';
import { bandsOf } from './bands.ts';
import { Level } from './level.ts';
import { levelFor, levelSizes } from './levels.ts';
import { nextTask } from './next-task.ts';

/** A sharper part, fetched when the surface is too coarse for the zoom. */
export interface Detail {
  readonly rect: Rect;
  readonly bitmap: ImageBitmap;
}

export class Surface {
  /** The pixel grid that rectangles are given in. */
  readonly frame: Size;
  /** The picture in one piece, where it came so; the levels then hold its smaller sizes. */
  readonly #bitmap: ImageBitmap | null;
  readonly #levels: readonly Level[];
  readonly #order = new SerialQueue();
  #done: Rect[] | 'all' = [];
  #detail: Detail | null = null;
  #released = false;

  private constructor(frame: Size, bitmap: ImageBitmap | null, levels: readonly Level[]) {
    this.frame = frame;
    this.#bitmap = bitmap;
    this.#levels = levels;
  }

  /** An empty surface for a result that is to come. */
  static empty(frame: Size, most: number): Surface {
    const levels = levelSizes(frame, most).map((size) => new Level(size));
    return new Surface(frame, null, levels);
  }

  /** A finished picture of `frame` size; the bitmap may be smaller, and now belongs to the surface. */
  static async of(bitmap: ImageBitmap, frame: Size): Promise<Surface> {
    const first = bitmap.width / frame.width;
    const levels = levelSizes(bitmap, Infinity)
      .slice(1)
      .map((size) => new Level({ ...size, scale: first * size.scale }));
    const surface = new Surface(frame, bitmap, levels);
    if (levels.length > 0) await surface.draw(bitmap, { x: 0, y: 0, ...frame });
    await surface.finish();
    return surface;
  }

  /** Surface pixels for one frame pixel: a view finer than this wants a detail. */
  get resolution(): number {
    return this.#bitmap ? this.#bitmap.width / this.frame.width : (this.#levels[0]?.scale ?? 1);
  }

  /** What is there already: rectangles of the frame, or all of it. */
  get done(): readonly Rect[] | 'all' {
    return this.#done;
  }

  /** Draws a tile over what was there; resolves when it can be seen. */
  draw(bitmap: ImageBitmap, rect: Rect): Promise<void> {
    return this.#order.run(async () => {
      const bands = bandsOf(bitmap);
      const zoom = rect.height / bitmap.height;
      for (const { y, height } of bands) {
        if (this.#released) return;
        const whole = bands.length === 1;
        const band = whole ? bitmap : await createImageBitmap(bitmap, 0, y, bitmap.width, height);
        const part = { ...rect, y: rect.y + y * zoom, height: height * zoom };
        for (const level of this.#levels) level.draw(band, part);
        if (!whole) band.close();
        await nextTask();
      }
      if (this.#done !== 'all') this.#done.push(rect);
    });
  }

  /** Everything is there, once what is still being drawn is drawn. */
  finish(): Promise<void> {
    return this.#order.run(() => {
      this.#done = 'all';
      return Promise.resolve();
    });
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
    if (this.#released) return;
    const wanted = place.width / part.width;
    const level = levelFor(this.#levels, wanted * 0.99);
    if (this.#bitmap && (!level || level.scale < wanted * 0.99)) {
      drawPart(target, this.#bitmap, { x: 0, y: 0, ...this.frame }, part, place);
    } else {
      level?.paint(target, part, place);
    }
    const detail = this.#detail;
    if (detail && wanted > this.resolution) drawPart(target, detail.bitmap, detail.rect, part, place);
  }

  /** Frees the pixels at once instead of waiting for the garbage collector. */
  release(): void {
    this.#released = true;
    this.sharpen(null);
    this.#bitmap?.close();
    for (const level of this.#levels) level.release();
  }
}

/** Draws what `whole` (which `source` stands for) and `part` share, where it belongs in `place`. */
function drawPart(
  target: CanvasRenderingContext2D,
  source: ImageBitmap,
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
