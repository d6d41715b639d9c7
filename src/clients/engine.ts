/**
 * The page's side of the engine worker. It starts the engine with the chosen backend, connects it to the
 * codec, and when the GPU is lost or the runtime has run out of memory it moves every picture into a new
 * engine and lets the job go on from the tiles it has.
 */

import { proxy, transfer, type Remote } from 'comlink';
import type { Failure } from '../base/errors.ts';
import { failure, ok, type Result } from '../base/result.ts';
import type { ModelCard } from '../models/card.ts';
import type { Rect, Size } from '../picture/geometry.ts';
import type { BackendReport, Measurement } from '../protocol/backend.ts';
import type {
  Checkpoint,
  EngineApi,
  EngineOptions,
  JobEvent,
  JobOutcome,
  JobRequest,
  JobStopped,
  ModelSource,
  ShelvedPicture,
} from '../protocol/engine.ts';
import { WorkerClient } from './worker-client.ts';

/** What is on the other end of the pixel port. */
export interface PixelPartner {
  connect(port: MessagePort): Promise<unknown>;
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

  /** Starts the engine, or restarts it with other options; pictures on its shelf are kept. */
  async start(options: EngineOptions): Promise<Result<BackendReport>> {
    const changed = options.choice !== this.#options.choice || options.threads !== this.#options.threads;
    this.#options = options;
    if (changed) this.#gaveUpGpu = false;
    if (this.#worker.alive && (changed || this.#started?.ok === false)) await this.#restart();
    return this.ready();
  }

  /** Waits until an engine is there and connected to the codec; starts a new one when the last has died. */
  ready(): Promise<Result<BackendReport>> {
    return this.#worker.call(() => Promise.resolve(this.#report()));
  }

  async prepare(model: ModelSource): Promise<Result<{ backend: BackendReport; measured: Measurement }>> {
    const prepared = await this.#guarded((api) => api.prepare(model));
    if (prepared.ok) this.#announce(prepared.value.backend);
    return prepared;
  }

  measure(card: ModelCard): Promise<Result<Measurement>> {
    return this.#guarded((api) => api.measure(card));
  }

  /** Runs a job to its end. A lost GPU is mended on the way; `stopped` is final. */
  async run(job: JobRequest, onEvent: (event: JobEvent) => void): Promise<JobOutcome> {
    let checkpoint: Checkpoint | undefined = job.checkpoint;
    let losses = 0;
    let lastTile = -1;
    const listener = proxy((event: JobEvent) => {
      if (event.kind === 'passes') this.#announce(event.backend);
      onEvent(event);
    });
    for (;;) {
      const request = checkpoint ? { ...job, checkpoint } : job;
      const outcome = await this.#guardedRun(request, listener);
      if (outcome.kind === 'done') {
        this.#announce(outcome.backend);
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
      onEvent({ kind: 'notice', notice: outcome.error });
      checkpoint = outcome.checkpoint ?? undefined;
      await this.#restart();
    }
  }

  pause(jobId: string): Promise<Result<void>> {
    return this.#worker.attempt((api) => api.pause(jobId));
  }

  resume(jobId: string): Promise<Result<void>> {
    return this.#worker.attempt((api) => api.resume(jobId));
  }

  cancel(jobId: string): Promise<Result<void>> {
    return this.#worker.attempt((api) => api.cancel(jobId));
  }

  view(pictureId: string, rect: Rect, max: Size): Promise<Result<ImageBitmap>> {
    return this.#worker.call((api) => api.view(pictureId, rect, max));
  }

  drop(pictureId: string): Promise<Result<void>> {
    return this.#worker.attempt((api) => api.drop(pictureId));
  }

  /** Connects the codec again, after the codec worker was replaced. */
  async reconnect(): Promise<void> {
    await this.#worker.attempt((api) => this.#connect(api));
  }

  /** Tests only: loses the GPU now. */
  loseGpu(): Promise<Result<void>> {
    return this.#worker.attempt((api) => api.loseGpu());
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

  /** Moves every picture into a new worker. */
  async #restart(): Promise<void> {
    const pictures = await this.#worker.attempt((api) => api.surrender());
    if (pictures.ok) this.#moving = pictures.value;
    this.#handedOver = pictures.ok;
    this.#worker.end('The engine is being replaced.');
    this.#handedOver = false;
  }

  /** A call that is made once more in a new engine when the GPU was lost under it. */
  async #guarded<T>(work: (api: Remote<EngineApi>) => Promise<Result<T>>): Promise<Result<T>> {
    const call = (): Promise<Result<T>> =>
      this.#worker.call<T>(async (api) => {
        const started = this.#report();
        return started.ok ? work(api) : started;
      });
    const outcome = await call();
    if (outcome.ok || !mendable(outcome.error)) return outcome;
    await this.#restart();
    return call();
  }

  /** Frees what a stopped job has left on the shelf. */
  async #giveUp(outcome: JobStopped): Promise<JobStopped> {
    for (const id of outcome.checkpoint?.stores ?? []) await this.drop(id);
    return { ...outcome, checkpoint: null };
  }

  async #guardedRun(job: JobRequest, listener: (event: JobEvent) => void): Promise<JobOutcome> {
    const outcome = await this.#worker.attempt(async (api): Promise<JobOutcome> => {
      const started = this.#report();
      if (!started.ok) return { kind: 'stopped', error: started.error, checkpoint: null };
      return api.run(job, listener);
    });
    return outcome.ok ? outcome.value : { kind: 'stopped', error: outcome.error, checkpoint: null };
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

function spawnEngine(): Worker {
  return new Worker(new URL('../../workers/engine/engine.worker.ts', import.meta.url), {
    type: 'module',
    name: 'engine',
  });
}
