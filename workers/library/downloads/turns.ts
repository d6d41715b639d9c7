/** Lets so many pieces of work run at once; the others wait, and can be called off while they do. */

export class Turns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** What the work gives; null when it was called off before its turn came. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | null> {
    while (this.#busy >= this.#most && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (signal.aborted) {
      // It may have been woken in another's place.
      this.#waiting.shift()?.();
      return null;
    }
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }
}
