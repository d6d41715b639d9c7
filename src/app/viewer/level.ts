/**
 * One size of a surface, kept in square blocks: each is made when the first pixel falls into it, so no
 * task ever clears a whole large canvas, and drawing into one block does not copy the others. Blocks
 * overlap a little, so that scaled drawing finds its neighbours' pixels and shows no lines.
 */

import type { Rect } from '../../picture/geometry.ts';
import { blocksIn, spanOf, type BlockSpan } from './blocks.ts';
import type { LevelSize } from './levels.ts';

interface Block {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
}

export class Level {
  /** Level pixels for one frame pixel. */
  readonly scale: number;
  readonly #size: LevelSize;
  readonly #blocks = new Map<string, Block>();

  constructor(size: LevelSize) {
    this.scale = size.scale;
    this.#size = size;
  }

  /** Draws the bitmap over `rect` of the frame; edges grow to whole pixels, so that no gap shows. */
  draw(bitmap: ImageBitmap, rect: Rect): void {
    const { scale } = this;
    const x = Math.floor(rect.x * scale + 1e-3);
    const y = Math.floor(rect.y * scale + 1e-3);
    const width = Math.max(1, Math.ceil((rect.x + rect.width) * scale - 1e-3) - x);
    const height = Math.max(1, Math.ceil((rect.y + rect.height) * scale - 1e-3) - y);
    for (const [column, row] of blocksIn({ x, y, width, height }, this.#size)) {
      const across = spanOf(column, this.#size.width);
      const down = spanOf(row, this.#size.height);
      const block = this.#blockAt(column, row, across, down);
      block?.context.clearRect(x - across.from, y - down.from, width, height);
      block?.context.drawImage(bitmap, x - across.from, y - down.from, width, height);
    }
  }

  /** Draws `part` of the frame into `place` of the target (device pixels). */
  paint(target: CanvasRenderingContext2D, part: Rect, place: Rect): void {
    const { scale } = this;
    const zoom = { x: place.width / (part.width * scale), y: place.height / (part.height * scale) };
    const seen = {
      x: part.x * scale,
      y: part.y * scale,
      width: part.width * scale,
      height: part.height * scale,
    };
    for (const [column, row] of blocksIn(seen, this.#size)) {
      const block = this.#blocks.get(keyOf(column, row));
      if (!block) continue;
      const x = along(spanOf(column, this.#size.width), seen.x, place.x, place.width, zoom.x);
      const y = along(spanOf(row, this.#size.height), seen.y, place.y, place.height, zoom.y);
      if (x.length <= 0 || y.length <= 0) continue;
      target.drawImage(
        block.canvas,
        x.source,
        y.source,
        x.length / zoom.x,
        y.length / zoom.y,
        x.at,
        y.at,
        x.length,
        y.length,
      );
    }
  }

  release(): void {
    for (const { canvas } of this.#blocks.values()) canvas.width = canvas.height = 0;
    this.#blocks.clear();
  }

  #blockAt(column: number, row: number, across: BlockSpan, down: BlockSpan): Block | null {
    const known = this.#blocks.get(keyOf(column, row));
    if (known) return known;
    const canvas = new OffscreenCanvas(across.to - across.from, down.to - down.from);
    const context = canvas.getContext('2d');
    if (!context) return null;
    context.imageSmoothingQuality = 'medium';
    const block = { canvas, context };
    this.#blocks.set(keyOf(column, row), block);
    return block;
  }
}

/** Where a block's own part comes to lie on one axis, on whole device pixels, and what it shows. */
function along(
  { own, ownEnd, from }: BlockSpan,
  seenFrom: number,
  place: number,
  room: number,
  zoom: number,
): { readonly at: number; readonly length: number; readonly source: number } {
  const start = Math.max(place, Math.round(place + (own - seenFrom) * zoom));
  const end = Math.min(place + room, Math.round(place + (ownEnd - seenFrom) * zoom));
  return { at: start, length: end - start, source: seenFrom + (start - place) / zoom - from };
}

function keyOf(column: number, row: number): string {
  return `${column} ${row}`;
}
