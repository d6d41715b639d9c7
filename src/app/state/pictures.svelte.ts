/** The queue: which pictures are open, and which one the stage shows. */

import { isActive, isAtWork } from './status.ts';
import type { Picture } from './picture.svelte.ts';

export class Pictures {
  #list = $state.raw<readonly Picture[]>([]);
  #selectedId = $state<string | null>(null);
  readonly #selected = $derived(this.#list.find((picture) => picture.id === this.#selectedId) ?? null);

  get list(): readonly Picture[] {
    return this.#list;
  }

  get selected(): Picture | null {
    return this.#selected;
  }

  get working(): Picture | null {
    return this.#list.find((picture) => isAtWork(picture.status)) ?? null;
  }

  get active(): readonly Picture[] {
    return this.#list.filter((picture) => isActive(picture.status));
  }

  get results(): readonly Picture[] {
    return this.#list.filter((picture) => picture.result !== null);
  }

  add(picture: Picture): void {
    this.#list = [...this.#list, picture];
    this.#selectedId ??= picture.id;
  }

  /** Takes a picture out; its neighbour is selected instead. */
  remove(picture: Picture): void {
    const index = this.#list.indexOf(picture);
    this.#list = this.#list.filter((other) => other !== picture);
    if (this.#selectedId === picture.id) {
      this.#selectedId = (this.#list[index] ?? this.#list.at(-1))?.id ?? null;
    }
  }

  select(picture: Picture): void {
    this.#selectedId = picture.id;
  }

  /** The picture so many places further, within the ends. */
  neighbour(by: 1 | -1): Picture | null {
    const index = this.#list.findIndex((picture) => picture.id === this.#selectedId);
    return index < 0 ? null : (this.#list[index + by] ?? null);
  }
}
