/**
 * The sessions of this engine: opened when a job or a measurement needs them, trusted only after their
 * golden tile, measured once, and kept until newer ones need the room.
 */

import { emptyTable } from '../../src/architectures/registry.ts';
import type { Failure } from '../../src/base/errors.ts';
import { failure, ok, type Result } from '../../src/base/result.ts';
import { SerialQueue } from '../../src/base/serial-queue.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import type { ModelCard } from '../../src/models/card.ts';
import type { BackendName, Measurement, Precision } from '../../src/protocol/backend.ts';
import type { ModelSource } from '../../src/protocol/engine.ts';
import type { Backend } from './backend.ts';
import { goldenSide, goldenTile, judge, type Verdict } from './golden.ts';
import { largestTile } from './limits.ts';
import { measureSpeed } from './measure.ts';
import { createSession, readTable, type ModelSession } from './model-session.ts';

/** Two: a job and the next one. Each holds its weights in the runtime's memory. */
const mostSessions = 2;

export interface OpenedModel {
  readonly session: ModelSession;
  /** At first a short test run; then what jobs really reach. */
  measured: Measurement;
  /** Said once, when this model could not run where the others do. */
  readonly notice: Failure | null;
}

/** Takes a tile's real speed in: newer tiles count more. */
export function observe(model: OpenedModel, pixels: number, seconds: number): void {
  const speed = pixels / Math.max(seconds, 1e-4);
  const { pixelsPerSecond } = model.measured;
  model.measured = { ...model.measured, pixelsPerSecond: (pixelsPerSecond + speed) / 2 };
}

export class Models {
  readonly #backend: Backend;
  readonly #open = new Map<string, OpenedModel>();
  readonly #queue = new SerialQueue();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Opens a model, or returns it when it is open already. */
  open(source: ModelSource): Promise<Result<OpenedModel>> {
    return this.#queue.run(async () => {
      const key = source.card.file.sha256;
      const known = this.#open.get(key);
      if (known) {
        this.#open.delete(key); // moves to the end: the newest
        this.#open.set(key, known);
        return ok(known);
      }
      await this.#makeRoom();
      const table = await readTable(source);
      if (!table.ok) return table;
      const opened = await this.#place(source.card, table.value);
      if (opened.ok) this.#open.set(key, opened.value);
      return opened;
    });
  }

  /** Times a network of this shape with empty weights: its speed does not depend on their values. */
  measure(card: ModelCard): Promise<Result<Measurement>> {
    return this.#queue.run(async () => {
      const known = this.#open.get(card.file.sha256);
      if (known) return ok(known.measured);
      const { backend: name, precision } = this.#backend.report;
      const session = await this.#create(
        card,
        emptyTable(card.family, card.structure, card.stored),
        name,
        precision,
      );
      if (!session.ok) return session;
      const measured = await this.#time(session.value);
      await session.value.release();
      return measured;
    });
  }

  async #makeRoom(): Promise<void> {
    for (const [key, oldest] of this.#open) {
      if (this.#open.size < mostSessions) return;
      this.#open.delete(key);
      await oldest.session.release();
    }
  }

  /** Finds the backend and precision in which this model is right and, while undecided, fastest. */
  async #place(card: ModelCard, table: TensorTable): Promise<Result<OpenedModel>> {
    const { backend: name, precision } = this.#backend.report;
    if (name === 'wasm') return this.#finish(await this.#create(card, table, 'wasm', 'fp32'), null);

    const cpu = await this.#create(card, table, 'wasm', 'fp32');
    if (!cpu.ok) return cpu;
    const expected = await this.#golden(cpu.value);
    if (!expected.ok) return expected;

    const tries: Precision[] = precision === 'fp16' ? ['fp16', 'fp32'] : ['fp32'];
    let verdict: Verdict = { trusted: true };
    for (const attempt of tries) {
      const session = await this.#create(card, table, 'webgpu', attempt);
      if (!session.ok && session.error.code === 'gpu-lost') return session;
      const result = session.ok ? await this.#golden(session.value) : session;
      if (!result.ok && result.error.code === 'gpu-lost') return result;
      verdict = result.ok
        ? judge(result.value, expected.value, attempt)
        : { trusted: false, difference: Number.NaN, why: result.error.message };
      if (session.ok && verdict.trusted) return this.#choose(session.value, cpu.value);
      if (session.ok) await session.value.release();
    }
    return this.#distrust(card, cpu.value, verdict);
  }

  /** Both are right. The first model decides by time; after that the GPU it is. */
  async #choose(gpu: ModelSession, cpu: ModelSession): Promise<Result<OpenedModel>> {
    if (!this.#backend.undecided) {
      await cpu.release();
      return this.#finish(ok(gpu), null);
    }
    const [onGpu, onCpu] = [await this.#time(gpu), await this.#time(cpu)];
    if (!onGpu.ok) return onGpu;
    if (!onCpu.ok || onGpu.value.pixelsPerSecond >= onCpu.value.pixelsPerSecond) {
      await cpu.release();
      this.#backend.settle('webgpu', 'gpu-faster');
      return ok({ session: gpu, measured: onGpu.value, notice: null });
    }
    await gpu.release();
    this.#backend.settle('wasm', 'cpu-faster');
    return ok({ session: cpu, measured: onCpu.value, notice: null });
  }

  #distrust(card: ModelCard, cpu: ModelSession, verdict: Verdict): Promise<Result<OpenedModel>> {
    const why = verdict.trusted ? '' : verdict.why;
    const notice = failure(
      'gpu-untrusted',
      `The GPU failed the check of "${card.name}" (${why}), so this model runs on the CPU. A newer graphics driver or browser may help.`,
      { model: card.id, why },
    );
    // The first model speaks for the device; later ones only for themselves.
    if (this.#backend.undecided) this.#backend.settle('wasm', 'gpu-untrusted');
    return this.#finish(ok(cpu), notice);
  }

  async #finish(session: Result<ModelSession>, notice: Failure | null): Promise<Result<OpenedModel>> {
    if (!session.ok) return session;
    const measured = await this.#time(session.value);
    return measured.ok ? ok({ session: session.value, measured: measured.value, notice }) : measured;
  }

  #create(
    card: ModelCard,
    table: TensorTable,
    backend: BackendName,
    precision: Precision,
  ): Promise<Result<ModelSession>> {
    const { runtime, gate, gpu } = this.#backend;
    return createSession(runtime, gate, card, table, { backend, precision, device: gpu?.device ?? null });
  }

  #golden(session: ModelSession): Promise<Result<Float32Array>> {
    return session.run(goldenTile(), { width: goldenSide, height: goldenSide });
  }

  async #time(session: ModelSession): Promise<Result<Measurement>> {
    const { card, backend, precision } = session;
    const speed = await measureSpeed(session, largestTile(card, session, this.#backend.gpu));
    return speed.ok ? ok({ model: card.id, backend, precision, pixelsPerSecond: speed.value }) : speed;
  }
}
