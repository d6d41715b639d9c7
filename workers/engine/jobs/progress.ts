/** Turns finished tiles into a fraction that never falls and a time left that is measured. */

import type { JobEvent } from '../../../src/protocol/engine.ts';

export interface PassEstimate {
  readonly tiles: number;
  readonly seconds: number;
  /** Where tiles are not alike (calls of different networks): each tile's own. Their seconds are a guess that tells only how kinds compare. */
  readonly costs?: readonly TileCost[];
}

export interface TileCost {
  readonly kind: string;
  readonly seconds: number;
}

interface Timed {
  readonly tiles: number;
  readonly seconds: number;
  /** Of the first of its kind, which had to open its network. */
  readonly first: number;
}

export class Progress {
  readonly #passes: PassEstimate[];
  readonly #total: number;
  #pass = 0;
  #done = 0;
  readonly #timed = new Map<string, Timed>();
  /** The end of a pass and the start of the next are the same fraction, but not always to the last bit. */
  #shown = 0;

  constructor(passes: readonly PassEstimate[]) {
    this.#passes = [...passes];
    this.#total = sum(passes, 'seconds');
  }

  /** A pass begins, with tiles already done when it is resumed, and with as many as it turned out to have. */
  begin(pass: number, done: number, tiles?: number): void {
    const estimate = this.#passes[pass];
    if (estimate && tiles !== undefined) this.#passes[pass] = { ...estimate, tiles };
    this.#pass = pass;
    this.#done = done;
    this.#timed.clear();
  }

  tileDone(seconds: number): void {
    const { kind } = this.#cost(this.#done);
    const timed = this.#timed.get(kind);
    this.#timed.set(kind, {
      tiles: (timed?.tiles ?? 0) + 1,
      seconds: (timed?.seconds ?? 0) + seconds,
      first: timed?.first ?? seconds,
    });
    this.#done++;
  }

  event(): Extract<JobEvent, { kind: 'tile' }> {
    const before = this.#passes.slice(0, this.#pass);
    const after = this.#passes.slice(this.#pass + 1);
    const left = this.#left();
    const next = left > 0 ? this.#cost(this.#done) : null;
    const tile = sum(before, 'tiles') + this.#done;
    const tiles = sum(this.#passes, 'tiles');
    // Sums of fractions miss 1 by a bit, and pass it.
    const reached = tile === tiles ? 1 : (sum(before, 'seconds') + this.#reached()) / this.#total;
    this.#shown = Math.max(this.#shown, Math.min(1, reached));
    const correction = this.#correction();
    const shown = next ?? this.#cost(this.#done - 1);
    return {
      kind: 'tile',
      pass: this.#pass,
      tile,
      tiles,
      progress: this.#shown,
      next: {
        progress: next ? next.seconds / this.#total : 0,
        seconds: shown.seconds * (this.#factor(shown.kind) ?? correction),
      },
      secondsLeft: this.#secondsLeft(after, correction),
    };
  }

  #left(): number {
    return (this.#passes[this.#pass]?.tiles ?? 0) - this.#done;
  }

  #cost(tile: number): TileCost {
    const pass = this.#passes[this.#pass];
    return pass?.costs?.[tile] ?? { kind: '', seconds: pass ? pass.seconds / Math.max(1, pass.tiles) : 0 };
  }

  /** Seconds by the estimate of what is done of this pass. */
  #reached(): number {
    const costs = this.#passes[this.#pass]?.costs;
    return costs ? sum(costs.slice(0, this.#done), 'seconds') : this.#cost(0).seconds * this.#done;
  }

  /** How far the estimate of a kind is off; null while none of it was timed. */
  #factor(kind: string): number | null {
    const timed = this.#timed.get(kind);
    if (!timed) return null;
    const estimate = this.#estimate(kind);
    if (!(estimate > 0)) return 1;
    const own = timed.tiles > 1 ? (timed.seconds - timed.first) / (timed.tiles - 1) : timed.seconds;
    return own / estimate;
  }

  #estimate(kind: string): number {
    const costs = this.#passes[this.#pass]?.costs;
    return (costs?.find((cost) => cost.kind === kind) ?? this.#cost(0)).seconds;
  }

  /** For kinds and passes that were not timed: how far off those that were are. */
  #correction(): number {
    let [measured, estimated] = [0, 0];
    for (const [kind, { tiles }] of this.#timed) {
      const seconds = tiles * this.#estimate(kind);
      measured += seconds * (this.#factor(kind) ?? 1);
      estimated += seconds;
    }
    return estimated > 0 ? measured / estimated : 1;
  }

  /** Null while it would be a guess: until a tile of the kind that takes longest was timed. */
  #secondsLeft(after: readonly PassEstimate[], correction: number): number | null {
    if (after.some(({ costs }) => costs !== undefined)) return null;
    const costs = this.#passes[this.#pass]?.costs;
    if (!costs) {
      const tile = this.#cost(0).seconds * (this.#factor('') ?? 1);
      return this.#left() * tile + sum(after, 'seconds') * correction;
    }
    const left = byKind(costs.slice(this.#done));
    const isKnown = [byKind(costs), left].some((kinds) => this.#factor(longest(kinds)) !== null);
    if (left.size > 0 && !isKnown) return null;
    // What follows calls of networks was estimated on its own.
    let total = sum(after, 'seconds');
    for (const [kind, seconds] of left) total += seconds * (this.#factor(kind) ?? correction);
    return total;
  }
}

function byKind(costs: readonly TileCost[]): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  for (const cost of costs) seconds.set(cost.kind, (seconds.get(cost.kind) ?? 0) + cost.seconds);
  return seconds;
}

function longest(seconds: ReadonlyMap<string, number>): string {
  return [...seconds].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0])[0];
}

function sum<K extends string>(list: readonly Readonly<Record<K, number>>[], key: K): number {
  return list.reduce((total, one) => total + one[key], 0);
}
