/** The pictures this engine holds, by id: sources, results, and the stores between two passes. */

import { fail, ok, type Result } from '../../src/base/result.ts';
import type { Rect, Size } from '../../src/picture/geometry.ts';
import { MemoryStore } from '../../src/picture/memory-store.ts';
import type { Depth } from '../../src/picture/pixel-store.ts';
import type { ShelvedPicture } from '../../src/protocol/engine.ts';

export class Shelf {
  readonly #stores = new Map<string, MemoryStore>();

  /** A new empty store; one that is already there under that id is released. */
  create(id: string, size: Size, depth: Depth): Result<MemoryStore> {
    const made = MemoryStore.create(size, depth);
    if (made.ok) this.#replace(id, made.value);
    return made;
  }

  adopt(picture: ShelvedPicture): void {
    this.#replace(picture.id, MemoryStore.over(picture, picture.depth, picture.buffer));
  }

  get(id: string): Result<MemoryStore> {
    const store = this.#stores.get(id);
    return store
      ? ok(store)
      : fail('internal', `The engine holds no picture "${id}". Open the picture again.`);
  }

  /** A copy of a picture's rectangle, which must lie inside it, as a picture of its own. */
  async crop(id: string, rect: Rect, newId: string): Promise<Result<null>> {
    const store = this.get(id);
    if (!store.ok) return store;
    const made = this.create(newId, rect, store.value.depth);
    if (!made.ok) return made;
    const { width, height } = rect;
    await made.value.write({ x: 0, y: 0, width, height }, await store.value.read(rect));
    return ok(null);
  }

  drop(id: string): void {
    void this.#stores.get(id)?.release();
    this.#stores.delete(id);
  }

  /** Gives every picture away; the shelf is empty afterwards. */
  surrender(): ShelvedPicture[] {
    const pictures = [...this.#stores].map(([id, store]) => ({
      id,
      width: store.width,
      height: store.height,
      depth: store.depth,
      buffer: store.take(),
    }));
    this.#stores.clear();
    return pictures;
  }

  #replace(id: string, store: MemoryStore): void {
    this.drop(id);
    this.#stores.set(id, store);
  }
}
