/**
 * The codec's end of the pixel port. The engine may be replaced at any time: a question that is under
 * way is then asked again over the new port, and nothing waits for ever for an answer.
 */

import { releaseProxy, transfer, wrap, type Remote } from 'comlink';
import { fail, type Result } from '../../src/base/result.ts';
import type { Rect, Size } from '../../src/picture/geometry.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { PixelPortApi } from '../../src/protocol/engine.ts';

/** Milliseconds: for a port to come, and for an answer (the engine may be in the middle of a tile). */
export interface Patience {
  readonly port: number;
  readonly answer: number;
}

interface Link {
  readonly api: Remote<PixelPortApi>;
  /** Resolves when this port is of no use any more. */
  readonly gone: Promise<'gone'>;
  readonly leave: () => void;
}

export class ShelfLink {
  readonly #patience: Patience;
  #link: Link | null = null;
  #waiting: ((link: Link) => void)[] = [];

  constructor(patience: Patience = { port: 30_000, answer: 180_000 }) {
    this.#patience = patience;
  }

  connect(port: MessagePort): void {
    const old = this.#link;
    let leave = (): void => undefined;
    const gone = new Promise<'gone'>((resolve) => {
      leave = () => resolve('gone');
    });
    const link: Link = { api: wrap<PixelPortApi>(port), gone, leave };
    // Fired, where browsers know the event, when the other end dies.
    port.addEventListener('close', () => {
      if (this.#link === link) this.#link = null;
      leave();
    });
    this.#link = link;
    old?.leave();
    old?.api[releaseProxy]();
    for (const resolve of this.#waiting.splice(0)) resolve(link);
  }

  size(pictureId: string): Promise<Result<Size>> {
    return this.#ask((api) => api.size(pictureId), true);
  }

  read(pictureId: string, rect: Rect): Promise<Result<PixelBlock>> {
    return this.#ask((api) => api.read(pictureId, rect), true);
  }

  /** The block's buffer is gone afterwards, so a put cannot be repeated. */
  put(pictureId: string, block: PixelBlock): Promise<Result<null>> {
    return this.#ask((api) => api.put(pictureId, transfer(block, [block.data.buffer])), false);
  }

  async #ask<T>(
    question: (api: Remote<PixelPortApi>) => Promise<Result<T>>,
    repeatable: boolean,
  ): Promise<Result<T>> {
    for (;;) {
      const link = this.#link ?? (await this.#nextLink());
      if (link === null) return lost();
      const answer = await withDeadline(Promise.race([question(link.api), link.gone]), this.#patience.answer);
      if (answer === 'late' || (answer === 'gone' && !repeatable)) return lost();
      if (answer !== 'gone') return answer;
    }
  }

  async #nextLink(): Promise<Link | null> {
    const next = new Promise<Link>((resolve) => this.#waiting.push(resolve));
    const link = await withDeadline(next, this.#patience.port);
    return link === 'late' ? null : link;
  }
}

function lost(): Result<never> {
  return fail('worker-died', 'The engine that holds the pixels does not answer. Try again.');
}

async function withDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T | 'late'> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
