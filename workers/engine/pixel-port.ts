/** The engine's end of the port to the codec worker: pixels come and go as transfers. */

import { expose, transfer } from 'comlink';
import { ok } from '../../src/base/result.ts';
import type { PixelPortApi } from '../../src/protocol/engine.ts';
import type { Shelf } from './shelf.ts';

export function exposePixels(shelf: Shelf, port: MessagePort): void {
  const api: PixelPortApi = {
    put: (pictureId, block) => {
      const depth = block.data instanceof Uint16Array ? 16 : 8;
      shelf.adopt({
        id: pictureId,
        width: block.width,
        height: block.height,
        depth,
        buffer: block.data.buffer,
      });
      return Promise.resolve(ok(null));
    },
    size: (pictureId) => {
      const store = shelf.get(pictureId);
      return Promise.resolve(store.ok ? ok({ width: store.value.width, height: store.value.height }) : store);
    },
    read: async (pictureId, rect) => {
      const store = shelf.get(pictureId);
      if (!store.ok) return store;
      const block = await store.value.read(rect);
      return transfer(ok(block), [block.data.buffer]);
    },
  };
  expose(api, port);
}
