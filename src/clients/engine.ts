/**
 * The page's side of the engine worker. It starts the engine with the chosen backend, connects it to the
 * codec, and when the GPU is lost or the runtime has run out of memory it moves every picture into a new
 * engine and lets the job go on from the tiles it has.
 */

import { proxy, transfer, type Remote } from 'comlink';
import type { Failure } from '../base/errors.ts';
import { failure, ok, type Result } from '../base/result.ts';
import { SerialQueue } from '../base/serial-queue.ts';
import type { ModelCard } from '../models/card.ts';
import type { Rect, Size } from '../picture/geometry.ts';
import type { BackendReport, Measurement } from '../protocol/backend.ts';
import type { Drift, DriftRequest } from '../protocol/drift.ts';
import type {
  Checkpoint,
  Comparison,
  EngineApi,
  EngineOptions,
  JobEvent,
  JobOutcome,
  JobRequest,
  JobStopped,
  ModelSource,
  Prepared,
  ShelvedPicture,
} from '../protocol/engine.ts';
import type { ProbedModel, ProbeRequest } from '../protocol/probe.ts';
import { WorkerClient } from './worker-client.ts';

/** What is on the other end of the pixel port. */
export interface PixelPartner {
  connect(port: MessagePort): Promise<unknown>;
}

/** What the person wants of a job in flight: told again to every engine that takes the job over. */
interface Wish {
  cancelled: boolean;
  paused: boolean;
}

/** After so many losses without a tile done in between, the GPU is given up for this visit. */
const mostLosses = 2;

export class EngineClient {
  /** Called whenever the backend in use changes. */
  onBackend: ((report: BackendReport) => void) | null = null;
  /** Called when an engine has died and every picture that was on its shelf is gone. */
  onShelfLost: (() => void) | null = null;

  readonly #codec: PixelPartner;
  readonly #worker: WorkerClient<EngineApi>;
  #options: EngineOptions = { choice: 'auto' };
  #started: Result<BackendReport> | null = null;
  #gaveUpGpu = false;
  /** Pictures on their way into a new engine. */
  #moving: readonly ShelvedPicture[] = [];
  /** Between `surrender` and the end of the old engine: nothing is lost with it. */
  #handedOver = false;
  /** Counts the engines: several calls may see the same one fail, and it is replaced once. */
  #generation = 0;
  #replacing: Promise<void> = Promise.resolve();
  readonly #wishes = new Map<string, Wish>();
  readonly #runs = new Set<Promise<unknown>>();
  /** Runs begin, and backends change, one after another. */
  readonly #turns = new SerialQueue();

  constructor({ codec, spawn = spawnEngine }: { codec: PixelPartner; spawn?: () => Worker }) {
    this.#codec = codec;
    this.#worker = new WorkerClient<EngineApi>(
      spawn,
      (api) => this.#begin(api),
      () => {
        this.#died();
      },
    );
  }

  /**
   * Starts the engine, or restarts it with other options; pictures on its shelf are kept. Jobs in flight end
   * first: a backend never changes under a job.
   */
  start(options: EngineOptions): Promise<Result<BackendReport>> {
    return this.#turns.run(async () => {
      const changed = options.choice !== this.#options.choice || options.threads !== this.#options.threads;
      if (this.#worker.alive && (changed || this.#started?.ok === false)) {
        await Promise.allSettled(this.#runs);
        this.#options = options;
        await this.#replace(this.#generation);
      }
      this.#options = options;
      if (changed) this.#gaveUpGpu = false;
      return this.ready();
    });
  }

  /** Waits until an engine is there and connected to the codec; starts a new one when the last has died. */
  ready(): Promise<Result<BackendReport>> {
    return this.#call(() => Promise.resolve(this.#report()));
  }

  async prepare(model: ModelSource): Promise<Result<Prepared>> {
    const prepared = await this.#guarded((api) => api.prepare(model));
    if (prepared.ok) this.#announce(prepared.value.backend);
    return prepared;
  }

  /** Not made again when the GPU is lost: a job may be waiting for the new engine. */
  measure(card: ModelCard): Promise<Result<Measurement>> {
    return this.#call((api) => api.measure(card));
  }

  /** Finds out how an ONNX network takes and gives pictures. Runs in flight end first: it takes as much memory. */
  async probe(request: ProbeRequest): Promise<Result<ProbedModel>> {
    return this.#turns.run(async () => {
      await Promise.allSettled(this.#runs);
      return this.#guarded((api) => api.probe(request));
    });
  }

  /** How far a part in fewer bits is from its original. Runs in flight end first: it takes as much memory. */
  drift(request: DriftRequest): Promise<Result<Drift>> {
    return this.#turns.run(async () => {
      await Promise.allSettled(this.#runs);
      return this.#guarded((api) => api.drift(request));
    });
  }

  /** Runs a job to its end. A lost GPU is mended on the way; `stopped` is final. */
  async run(job: JobRequest, onEvent: (event: JobEvent) => void): Promise<JobOutcome> {
    const wish: Wish = { cancelled: false, paused: false };
    this.#wishes.set(job.jobId, wish);
    const running = await this.#turns.run(async () => {
      const run = this.#toTheEnd(job, wish, onEvent);
      this.#runs.add(run);
      return { run };
    });
    try {
      return await running.run;
    } finally {
      this.#runs.delete(running.run);
      this.#wishes.delete(job.jobId);
    }
  }

  pause(jobId: string): Promise<Result<void>> {
    const wish = this.#wishes.get(jobId);
    if (wish) wish.paused = true;
    return this.#attempt((api) => api.pause(jobId));
  }

  resume(jobId: string): Promise<Result<void>> {
    const wish = this.#wishes.get(jobId);
    if (wish) wish.paused = false;
    return this.#attempt((api) => api.resume(jobId));
  }

  cancel(jobId: string): Promise<Result<void>> {
    const wish = this.#wishes.get(jobId);
    if (wish) wish.cancelled = true;
    return this.#attempt((api) => api.cancel(jobId));
  }

  view(pictureId: string, rect: Rect, max: Size): Promise<Result<ImageBitmap>> {
    return this.#call((api) => api.view(pictureId, rect, max));
  }

  /** A copy of a picture's rectangle as a picture of its own. */
  crop(pictureId: string, rect: Rect, newId: string): Promise<Result<null>> {
    return this.#call((api) => api.crop(pictureId, rect, newId));
  }

  /** How far two pictures of one size are apart. */
  compare(pictureId: string, other: string): Promise<Result<Comparison>> {
    return this.#call((api) => api.compare(pictureId, other));
  }

  drop(pictureId: string): Promise<Result<void>> {
    return this.#attempt((api) => api.drop(pictureId));
  }

  /** Connects the codec again, after the codec worker was replaced. */
  async reconnect(): Promise<void> {
    await this.#attempt((api) => this.#connect(api));
  }

  /** Tests only: loses the GPU now. */
  loseGpu(): Promise<Result<void>> {
    return this.#attempt((api) => api.loseGpu());
  }

  /** Ends the worker and everything in it; the next call starts a new one. */
  end(): void {
    this.#started = null;
    this.#worker.end();
  }

  #died(): void {
    const hadStarted = this.#started?.ok === true;
    this.#started = null;
    if (this.#handedOver) return;
    this.#generation++;
    this.onShelfLost?.();
    // At once, because the codec may be waiting for a port; but never again and again.
    if (hadStarted) queueMicrotask(() => void this.ready());
  }

  async #begin(api: Remote<EngineApi>): Promise<void> {
    const options: EngineOptions = this.#gaveUpGpu
      ? { ...this.#options, choice: 'wasm', because: 'gpu-lost' }
      : this.#options;
    const pictures = this.#moving;
    this.#moving = [];
    await api.adopt(
      transfer(
        [...pictures],
        pictures.map(({ buffer }) => buffer),
      ),
    );
    await this.#connect(api);
    this.#started = await api.start(options);
    if (this.#started.ok) this.#announce(this.#started.value);
  }

  async #connect(api: Remote<EngineApi>): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    await api.attach(transfer(port1, [port1]));
    await this.#codec.connect(port2);
  }

  /** Replaces the engine of that generation; who comes second waits for what is under way. */
  #replace(failed: number): Promise<void> {
    if (failed === this.#generation) {
      this.#generation++;
      this.#replacing = this.#handOver();
    }
    return this.#replacing;
  }

  /** Moves every picture into a new worker, which begins with the next call. */
  async #handOver(): Promise<void> {
    const pictures = await this.#worker.attempt((api) => api.surrender());
    if (pictures.ok) this.#moving = pictures.value;
    this.#handedOver = pictures.ok;
    this.#worker.end('The engine is being replaced.');
    this.#handedOver = false;
  }

  /** Every call waits while the engine is being replaced. */
  async #attempt<T>(work: (api: Remote<EngineApi>) => Promise<T>): Promise<Result<T>> {
    await this.#replacing;
    return this.#worker.attempt(work);
  }

  async #call<T>(work: (api: Remote<EngineApi>) => Promise<Result<T>>): Promise<Result<T>> {
    const outcome = await this.#attempt(work);
    return outcome.ok ? outcome.value : outcome;
  }

  /** A call that is made once more in a new engine when the GPU was lost under it. */
  async #guarded<T>(work: (api: Remote<EngineApi>) => Promise<Result<T>>): Promise<Result<T>> {
    let asked = -1;
    const call = (): Promise<Result<T>> =>
      this.#call<T>(async (api) => {
        asked = this.#generation;
        const started = this.#report();
        return started.ok ? work(api) : started;
      });
    const outcome = await call();
    if (outcome.ok || !mendable(outcome.error)) return outcome;
    await this.#replace(asked);
    return call();
  }

  async #toTheEnd(job: JobRequest, wish: Wish, onEvent: (event: JobEvent) => void): Promise<JobOutcome> {
    let checkpoint: Checkpoint | undefined = job.checkpoint;
    let losses = 0;
    let lastTile = -1;
    const listener = proxy((event: JobEvent) => {
      if (event.kind === 'passes') this.#announce(event.device);
      onEvent(event);
    });
    for (;;) {
      const request = checkpoint ? { ...job, checkpoint } : job;
      const { outcome, generation } = await this.#runOnce(request, wish, listener);
      if (outcome.kind === 'done') {
        this.#announce(outcome.device);
        return outcome;
      }
      if (!mendable(outcome.error)) return this.#giveUp(outcome);
      const tiles = outcome.checkpoint?.tilesDone ?? 0;
      losses = tiles > lastTile ? 1 : losses + 1;
      lastTile = tiles;
      if (losses > mostLosses) {
        if (outcome.error.code !== 'gpu-lost' || this.#gaveUpGpu) return this.#giveUp(outcome);
        this.#gaveUpGpu = true;
        losses = 0;
      }
      onEvent({ kind: 'notice', notice: goesOn(outcome.error) });
      checkpoint = outcome.checkpoint ?? undefined;
      await this.#replace(generation);
    }
  }

  async #runOnce(
    job: JobRequest,
    wish: Wish,
    listener: (event: JobEvent) => void,
  ): Promise<{ outcome: JobOutcome; generation: number }> {
    let generation = -1;
    const stopped = (error: Failure): JobOutcome => ({
      kind: 'stopped',
      error,
      checkpoint: job.checkpoint ?? null,
    });
    const outcome = await this.#attempt(async (api): Promise<JobOutcome> => {
      generation = this.#generation;
      if (wish.cancelled) return stopped(failure('cancelled', 'The job was cancelled.'));
      const started = this.#report();
      if (!started.ok) return stopped(started.error);
      const run = api.run(job, listener);
      if (wish.paused) void api.pause(job.jobId);
      return run;
    });
    return { outcome: outcome.ok ? outcome.value : stopped(outcome.error), generation };
  }

  /** Frees what a stopped job has left on the shelf. */
  async #giveUp(outcome: JobStopped): Promise<JobStopped> {
    for (const id of outcome.checkpoint?.stores ?? []) await this.drop(id);
    return { ...outcome, checkpoint: null };
  }

  #report(): Result<BackendReport> {
    return (
      this.#started ?? {
        ok: false,
        error: failure('internal', 'The engine has not started. Reload the page.'),
      }
    );
  }

  #announce(report: BackendReport): void {
    this.#started = ok(report);
    this.onBackend?.(report);
  }
}

/** What a new engine can put right. */
function mendable(error: Failure): boolean {
  return error.code === 'gpu-lost' || (error.code === 'out-of-memory' && error.detail?.['fatal'] === true);
}

/** The same loss as news of a job that goes on. */
function goesOn(error: Failure): Failure {
  if (error.code !== 'out-of-memory') return error;
  const message = 'Memory ran out. The engine starts again, and the work goes on.';
  return { ...error, message, detail: { ...error.detail, goesOn: true } };
}

function spawnEngine(): Worker {
  return new Worker(new URL('../../workers/engine/engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'engine',
  });
}
