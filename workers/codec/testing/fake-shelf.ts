/** The engine's end of a pixel port, for tests: pictures in a map. */

import { expose, transfer } from 'comlink';
import { fail, ok } from '../../../src/base/result.ts';
import type { PixelBlock } from '../../../src/picture/pixel-store.ts';
import type { PixelPortApi } from '../../../src/protocol/engine.ts';

export class FakeShelf {
  readonly pictures = new Map<string, PixelBlock>();
  reads = 0;

  /** The end of a new port that belongs to the codec. */
  open(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    expose(this.#api(), port1);
    return port2;
  }

  picture(id: string): PixelBlock {
    const block = this.pictures.get(id);
    if (!block) throw new Error(`No picture ${id} on the shelf.`);
    return block;
  }

  #api(): PixelPortApi {
    const missing = fail('internal', 'The engine holds no such picture.');
    return {
      put: (id, block) => {
        this.pictures.set(id, block);
        return Promise.resolve(ok(null));
      },
      size: (id) => {
        const found = this.pictures.get(id);
        return Promise.resolve(found ? ok({ width: found.width, height: found.height }) : missing);
      },
      read: (id, { x, y, width, height }) => {
        this.reads++;
        const found = this.pictures.get(id);
        if (!found) return Promise.resolve(missing);
        const data = found.data.slice(0, 0);
        const rows = Array.from({ length: height }, (_, i) => {
          const start = ((y + i) * found.width + x) * 4;
          return found.data.subarray(start, start + width * 4);
        });
        const block = {
          width,
          height,
          data:
            data instanceof Uint16Array
              ? new Uint16Array(width * height * 4)
              : new Uint8ClampedArray(width * height * 4),
        };
        rows.forEach((row, i) => block.data.set(row, i * width * 4));
        return Promise.resolve(transfer(ok(block), [block.data.buffer]));
      },
    };
  }
}
