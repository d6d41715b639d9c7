/** Whether a preview may be computed now: previews take no more than a tenth of the time that predictions take. */

/** Of the time of predictions. */
const share = 0.1;

export class PreviewBudget {
  readonly #now: () => number;
  #predicting = 0;
  #previewing = 0;
  /** What the latest preview took; nothing is known of the first. */
  #latest = 0;

  /** `now` tells milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get allows(): boolean {
    return this.#predicting > 0 && this.#previewing + this.#latest <= share * this.#predicting;
  }

  async predicting<T>(work: () => Promise<T>): Promise<T> {
    const start = this.#now();
    const done = await work();
    this.#predicting += this.#now() - start;
    return done;
  }

  async previewing<T>(work: () => Promise<T>): Promise<T> {
    const start = this.#now();
    const done = await work();
    this.#latest = this.#now() - start;
    this.#previewing += this.#latest;
    return done;
  }
}
