/**
 * The one door to the runtime: onnxruntime-web can neither create nor run two things at once, and what it
 * throws has to be told apart (memory, a lost GPU, a bug).
 */

import type { Failure } from '../../src/base/errors.ts';
import { failure, fromThrown, type Result } from '../../src/base/result.ts';
import { SerialQueue } from '../../src/base/serial-queue.ts';

/** Milliseconds within which a browser reports the loss that made a run fail. */
const lossDelay = 500;

export class OrtGate {
  readonly #queue = new SerialQueue();
  #lost: Failure | null = null;
  readonly #lostSignal: Promise<Failure>;
  readonly #watched: boolean;

  /** `gpuLost` settles when the GPU is lost; whatever is in flight then may never return. */
  constructor(gpuLost: Promise<string> | null) {
    this.#watched = gpuLost !== null;
    this.#lostSignal = gpuLost
      ? gpuLost.then((reason) => {
          this.#lost = failure(
            'gpu-lost',
            `The GPU was lost (${reason || 'the browser gives no reason'}). The work goes on from the tiles that are done.`,
          );
          return this.#lost;
        })
      : new Promise(() => undefined);
  }

  /** Runs `work` alone. Answers `gpu-lost` or `out-of-memory` as values. */
  async pass<T>(work: () => Promise<T>): Promise<Result<T>> {
    return this.#queue.run(async () => {
      if (this.#lost) return { ok: false, error: this.#lost };
      const done = work().then(
        (value): Result<T> => ({ ok: true, value }),
        (thrown: unknown): Result<T> => ({ ok: false, error: classify(thrown) }),
      );
      const lost = this.#lostSignal.then((error): Result<T> => ({ ok: false, error }));
      const outcome = await Promise.race([done, lost]);
      if (outcome.ok || !this.#watched) return outcome;
      // A lost device makes running work fail in many words, often before it is itself reported.
      const patience = new Promise<void>((resolve) => setTimeout(resolve, lossDelay));
      await Promise.race([this.#lostSignal, patience]);
      return this.#lost ? { ok: false, error: this.#lost } : outcome;
    });
  }
}

/** The runtime throws plain errors, or bare numbers when C++ ran out of memory. */
export function classify(thrown: unknown): Failure {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (typeof thrown === 'number' || /memory|abort|bad_alloc|allocat|buffer size|RangeError/i.test(text)) {
    return failure('out-of-memory', 'This device has too little memory for a tile of this size.', {
      cause: text.slice(0, 300),
      // An aborted runtime never runs again: only a new worker does.
      fatal: /abort/i.test(text),
    });
  }
  if (/device (is|was)? ?lost|external Instance/i.test(text)) {
    return failure('gpu-lost', `The GPU was lost (${text.slice(0, 200)}).`);
  }
  return fromThrown(thrown);
}
