/** Brings the selected picture's pixels to the stage, and sends others away when memory is short. */

import type { Rect, Size } from '../../picture/geometry.ts';
import { fillSurface } from '../viewer/fill-surface.ts';
import { Surface } from '../viewer/surface.ts';
import { surfacePixels } from './memory.ts';
import type { Picture } from './picture.svelte.ts';
import type { Pictures } from './pictures.svelte.ts';
import type { Services } from './services.ts';
import type { Shelf } from './shelf.ts';
import { isAtWork } from './status.ts';

export class Showing {
  readonly #services: Promise<Services>;
  readonly #shelf: Shelf;
  readonly #pictures: Pictures;

  constructor(services: Promise<Services>, shelf: Shelf, pictures: Pictures) {
    this.#services = services;
    this.#shelf = shelf;
    this.#pictures = pictures;
  }

  async show(picture: Picture): Promise<void> {
    if (picture.size === null) return;
    const there = await this.#shelf.source(picture);
    if (!there.ok) {
      picture.dispatch({ kind: 'fail', error: there.error });
      return;
    }
    if (picture.result && !picture.after && !isAtWork(picture.status)) await this.#fill(picture);
    await this.#trim();
  }

  /** After a job: others give way, and a picture that lost its drawing gets its former result back. */
  async settle(picture: Picture): Promise<void> {
    if (picture === this.#pictures.selected) await this.show(picture);
    else await this.#trim();
  }

  /** A sharper part of the picture, when the surface is coarser than the zoom. */
  async sharpen(surface: Surface, shelfId: string, rect: Rect, max: Size): Promise<boolean> {
    const { engine } = await this.#services;
    const bitmap = await engine.view(shelfId, rect, max);
    if (bitmap.ok) surface.sharpen({ rect, bitmap: bitmap.value });
    return bitmap.ok;
  }

  async #fill(picture: Picture): Promise<void> {
    const there = await this.#shelf.result(picture);
    const { result } = picture;
    // A job that was started meanwhile draws its own.
    if (!there.ok || !result || picture.after || isAtWork(picture.status)) return;
    const surface = Surface.empty(result, surfacePixels());
    picture.passes = result.passes;
    picture.showAfter(surface);
    const { engine } = await this.#services;
    await fillSurface(
      surface,
      (rect, max) => engine.view(result.id, rect, max),
      () => picture.redraw(),
    );
  }

  async #trim(): Promise<void> {
    const { selected, working, list } = this.#pictures;
    const pinned = [selected, working].filter((picture) => picture !== null);
    for (const picture of list) if (!pinned.includes(picture)) picture.showAfter(null);
    await this.#shelf.trim(list, pinned);
  }
}
