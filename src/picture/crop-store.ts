/** Part of a pixel store, seen as a store of its own: for passes that need only a crop of their input. */

import { invariant } from '../base/assert.ts';
import type { Rect } from './geometry.ts';
import type { PixelStore } from './pixel-store.ts';

/**
 * A read-only view of `rect`, which must lie inside `store`. Releasing the view leaves the store as it
 * is; writing to it is a bug.
 */
export function cropped(store: PixelStore, rect: Rect): PixelStore {
  const { x, y, width, height } = rect;
  invariant(
    x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= store.width && y + height <= store.height,
    `${width} x ${height} at ${x}, ${y} does not lie inside ${store.width} x ${store.height}`,
  );
  return {
    width,
    height,
    depth: store.depth,
    read: (part) => {
      const inside =
        part.x >= 0 && part.y >= 0 && part.x + part.width <= width && part.y + part.height <= height;
      invariant(inside, `${part.width} x ${part.height} at ${part.x}, ${part.y} lies outside the crop`);
      return store.read({ x: x + part.x, y: y + part.y, width: part.width, height: part.height });
    },
    write: () => Promise.reject(new Error('A cropped store is only for reading.')),
    release: () => Promise.resolve(),
  };
}
