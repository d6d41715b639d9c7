/** A pixel store as it looks on a colour: what is read is opaque, and nothing is written. */

import { laidOn } from './mix.ts';
import type { PixelStore } from './pixel-store.ts';

/** `colour` is `#rrggbb`; stored values are mixed, as browsers do. Releasing the view leaves the store as it is. */
export function ontoColour(store: PixelStore, colour: string): PixelStore {
  const channel = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16) / 255;
  const under = [channel(1), channel(3), channel(5)] as const;
  return {
    width: store.width,
    height: store.height,
    depth: store.depth,
    read: async (rect) => laidOn(await store.read(rect), under),
    write: () => Promise.reject(new Error('A store that is seen on a colour is only for reading.')),
    release: () => Promise.resolve(),
  };
}
