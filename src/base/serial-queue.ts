/**
 * Runs asynchronous work one after another. A failed piece of work fails only its own caller:
 * the queue goes on (chains of promises that are never caught stay broken for ever).
 */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work, work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
