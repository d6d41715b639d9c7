/** Turns finished tiles into a fraction that never falls and a time left that is measured. */

import type { JobEvent } from '../../../src/protocol/engine.ts';

export interface PassEstimate {
  readonly tiles: number;
  readonly seconds: number;
}

export class Progress {
  readonly #passes: PassEstimate[];
  readonly #total: number;
  #pass = 0;
  #done = 0;
  #measured = 0;
  #timed = 0;
  /** The end of a pass and the start of the next are the same fraction, but not always to the last bit. */
  #shown = 0;

  constructor(passes: readonly PassEstimate[]) {
    this.#passes = [...passes];
    this.#total = passes.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  /** A pass begins, with tiles already done when it is resumed, and with as many as it turned out to have. */
  begin(pass: number, done: number, tiles?: number): void {
    const estimate = this.#passes[pass];
    if (estimate && tiles !== undefined) this.#passes[pass] = { ...estimate, tiles };
    this.#pass = pass;
    this.#done = done;
    this.#measured = 0;
    this.#timed = 0;
  }

  tileDone(seconds: number): void {
    this.#done++;
    this.#timed++;
    this.#measured += seconds;
  }

  event(): Extract<JobEvent, { kind: 'tile' }> {
    const current = this.#passes[this.#pass];
    const before = this.#passes.slice(0, this.#pass);
    const after = this.#passes.slice(this.#pass + 1);
    const sum = (list: readonly PassEstimate[], key: keyof PassEstimate): number =>
      list.reduce((total, pass) => total + pass[key], 0);
    const share = current ? current.seconds / this.#total / Math.max(1, current.tiles) : 0;
    const estimate = current ? current.seconds / Math.max(1, current.tiles) : 0;
    const tileSeconds = this.#timed > 0 ? this.#measured / this.#timed : estimate;
    const left = current ? current.tiles - this.#done : 0;
    // Later passes are corrected by how far the estimate of this one was off.
    const correction = estimate > 0 ? tileSeconds / estimate : 1;
    const tile = sum(before, 'tiles') + this.#done;
    const tiles = sum(this.#passes, 'tiles');
    // Sums of fractions miss 1 by a bit, and pass it.
    const reached = tile === tiles ? 1 : sum(before, 'seconds') / this.#total + share * this.#done;
    this.#shown = Math.max(this.#shown, Math.min(1, reached));
    return {
      kind: 'tile',
      pass: this.#pass,
      tile,
      tiles,
      progress: this.#shown,
      next: { progress: left > 0 ? share : 0, seconds: tileSeconds },
      secondsLeft: left * tileSeconds + sum(after, 'seconds') * correction,
    };
  }
}
