/**
 * The sessions of this engine: opened when a job or a measurement needs them, and kept until newer ones need
 * the room.
 */

import { emptyTable } from '../../src/architectures/registry.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import { SerialQueue } from '../../src/base/serial-queue.ts';
import type { ModelCard } from '../../src/models/card.ts';
import type { Measurement } from '../../src/protocol/backend.ts';
import type { ModelSource } from '../../src/protocol/engine.ts';
import type { Backend } from './backend.ts';
import { goldenSide } from './golden.ts';
import { readTable } from './model-session.ts';
import { createOn, place, time, type CreateSession, type OpenedModel } from './place.ts';

/** Two: a job and the next one. Each holds its weights in the runtime's memory. */
const mostSessions = 2;

/** A first run of an unknown model should take no longer, since a measurement cannot be interrupted. */
const probeSeconds = 0.5;
const leastSide = 8;

export class Models {
  readonly #backend: Backend;
  readonly #create: CreateSession;
  readonly #open = new Map<string, OpenedModel>();
  readonly #queue = new SerialQueue();
  /** Of the last model that was timed; 0 before. */
  #flopsPerSecond = 0;

  constructor(backend: Backend, create: CreateSession = createOn) {
    this.#backend = backend;
    this.#create = create;
  }

  /** Opens a model, or returns it when it is open already. `needed`: files (sha256) of models to keep beside it. */
  open(source: ModelSource, needed: ReadonlySet<string> = new Set()): Promise<Result<OpenedModel>> {
    return this.#queue.run(async () => {
      const key = source.card.file.sha256;
      const known = this.#open.get(key);
      if (known) {
        this.#open.delete(key); // moves to the end: the newest
        this.#open.set(key, known);
        return ok(known);
      }
      await this.#makeRoom(needed);
      const table = await readTable(source);
      if (!table.ok) return table;
      const opened = await place(this.#backend, source.card, table.value, this.#create);
      if (!opened.ok) return opened;
      this.#learn(source.card, opened.value.measured);
      this.#open.set(key, opened.value);
      return opened;
    });
  }

  /** Times a network of this shape with empty weights: its speed does not depend on their values. */
  measure(card: ModelCard): Promise<Result<Measurement>> {
    return this.#queue.run(async () => {
      const known = this.#open.get(card.file.sha256);
      if (known) return ok(known.measured);
      if (card.foreign) return unmeasured(card);
      const { backend: name, precision } = this.#backend.report;
      const empty = emptyTable(card.family, card.structure, card.stored);
      const session = await this.#create(this.#backend, card, empty, name, precision);
      if (!session.ok) return session;
      const measured = await time(this.#backend, session.value, this.#firstSide(card));
      await session.value.release();
      if (measured.ok) this.#learn(card, measured.value);
      return measured;
    });
  }

  /** As much as this device does in the time that a person would not notice, by what it did so far. */
  #firstSide(card: ModelCard): number {
    if (this.#flopsPerSecond === 0) return goldenSide;
    const pixels = (this.#flopsPerSecond * probeSeconds) / card.flopsPerPixel;
    return Math.min(goldenSide, Math.max(leastSide, Math.floor(Math.sqrt(pixels))));
  }

  #learn(card: ModelCard, { pixelsPerSecond }: Measurement): void {
    this.#flopsPerSecond = pixelsPerSecond * card.flopsPerPixel;
  }

  async #makeRoom(needed: ReadonlySet<string>): Promise<void> {
    for (const [key, oldest] of this.#open) {
      if (this.#open.size < mostSessions) return;
      if (needed.has(key)) continue;
      this.#open.delete(key);
      await oldest.session.release();
    }
  }
}

/** Only its own file can be run. */
function unmeasured({ id, name }: ModelCard): Result<never> {
  return fail('model-unavailable', `"${name}" is measured when it is first used.`, { model: id });
}
