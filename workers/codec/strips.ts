/** A picture on the engine's shelf as strips over its full width, from the top down. */

import { ok, type Result } from '../../src/base/result.ts';
import type { Size } from '../../src/picture/geometry.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { ShelfLink } from './shelf-link.ts';

const STRIP_PIXELS = 2 ** 20;

export class Strips implements Size {
  readonly width: number;
  readonly height: number;
  readonly #shelf: Pick<ShelfLink, 'read'>;
  readonly #pictureId: string;

  constructor(shelf: Pick<ShelfLink, 'read'>, pictureId: string, { width, height }: Size) {
    this.#shelf = shelf;
    this.#pictureId = pictureId;
    this.width = width;
    this.height = height;
  }

  read(y: number, height: number): Promise<Result<PixelBlock>> {
    return this.#shelf.read(this.#pictureId, { x: 0, y, width: this.width, height });
  }

  /** Calls `visit` for strip after strip, until it says that it has seen enough. */
  async each(visit: (block: PixelBlock, y: number) => 'more' | 'enough'): Promise<Result<null>> {
    const rows = Math.max(1, Math.floor(STRIP_PIXELS / this.width));
    for (let y = 0; y < this.height; y += rows) {
      const block = await this.read(y, Math.min(rows, this.height - y));
      if (!block.ok) return block;
      if (visit(block.value, y) === 'enough') break;
    }
    return ok(null);
  }
}
