/** How fast a download comes: smoothed, so that the figure can be read, and forgotten when nothing comes for long. */

/** Over so many milliseconds the past counts. */
const memory = 5000;
/** Before this time a figure would only be a guess. */
const warmUp = 1000;

export class TransferRate {
  #begun: number | null = null;
  #last = { time: 0, bytes: 0 };
  #rate: number | null = null;

  /** `time` in milliseconds; `bytes` that have come until then. */
  add(time: number, bytes: number): void {
    const { time: before, bytes: had } = this.#last;
    if (this.#begun === null || bytes < had) {
      this.#begun = time;
      this.#rate = null;
      this.#last = { time, bytes };
      return;
    }
    const passed = time - before;
    // Events come in bursts; a share of a second is the least that says something.
    if (passed < 200) return;
    const now = ((bytes - had) / passed) * 1000;
    const weight = 1 - Math.exp(-passed / memory);
    this.#rate = this.#rate === null ? now : this.#rate + (now - this.#rate) * weight;
    this.#last = { time, bytes };
  }

  /** Null until there is enough to tell. */
  get bytesPerSecond(): number | null {
    const known = this.#begun !== null && this.#last.time - this.#begun >= warmUp;
    return known && this.#rate !== null && this.#rate > 0 ? this.#rate : null;
  }

  /** Null where the speed is not known. */
  secondsLeft(missing: number): number | null {
    const rate = this.bytesPerSecond;
    return rate === null ? null : missing / rate;
  }
}
