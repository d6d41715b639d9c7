/**
 * Runs a job: its recipe's passes one after the other, tile by tile, with everything that all steps
 * share: progress, preview, pause, cancel, and the checkpoint an interrupted job goes on from.
 */

import { transfer } from 'comlink';
import type { Failure } from '../../../src/base/errors.ts';
import { failure, fromThrown } from '../../../src/base/result.ts';
import type { MemoryStore } from '../../../src/picture/memory-store.ts';
import { freedBy, sourcesOf } from '../../../src/recipes/pass-order.ts';
import type { Pass, PassSource } from '../../../src/recipes/passes.ts';
import { refineSpeedName, refineWork } from '../../../src/recipes/refine-work.ts';
import type { Checkpoint, JobDone, JobEvent, JobOutcome, JobRequest } from '../../../src/protocol/engine.ts';
import type { Backend } from '../backend.ts';
import type { Models } from '../models.ts';
import type { Shelf } from '../shelf.ts';
import { pictureAlpha } from '../steps/upscale.ts';
import type { PassWork, Written } from '../steps/pass-work.ts';
import type { JobControl } from './control.ts';
import { prepareJob, type PassStores, type PreparedJob } from './prepare.ts';
import { bitmapOf, previewScale } from './preview.ts';
import { Progress } from './progress.ts';

export interface JobTools {
  readonly shelf: Shelf;
  readonly models: Models;
  readonly backend: Backend;
}

export type Emit = (event: JobEvent) => void;

export async function runJob(
  request: JobRequest,
  tools: JobTools,
  control: JobControl,
  emit: Emit,
): Promise<JobOutcome> {
  const job = new Job(request, tools, control, emit);
  try {
    return await job.run();
  } catch (thrown) {
    job.discard();
    return { kind: 'stopped', error: fromThrown(thrown), checkpoint: null };
  }
}

class Job {
  readonly #request: JobRequest;
  readonly #tools: JobTools;
  readonly #control: JobControl;
  readonly #emit: Emit;
  #prepared: PreparedJob | null = null;
  #tilesDone: number;
  #loadSeconds: number;
  #runSeconds: number;
  #refined: JobDone['refined'];

  constructor(request: JobRequest, tools: JobTools, control: JobControl, emit: Emit) {
    this.#request = request;
    this.#tools = tools;
    this.#control = control;
    this.#emit = emit;
    this.#tilesDone = request.checkpoint?.tilesDone ?? 0;
    this.#loadSeconds = request.checkpoint?.seconds.load ?? 0;
    this.#runSeconds = request.checkpoint?.seconds.run ?? 0;
  }

  async run(): Promise<JobOutcome> {
    const loadStart = performance.now();
    const prepared = await prepareJob(this.#request, this.#tools, this.#emit, () => !this.#control.cancelled);
    this.#loadSeconds += (performance.now() - loadStart) / 1000;
    if (!prepared.ok) return this.#stopBefore(prepared.error);
    this.#prepared = prepared.value;
    const { passes, backend, device, estimates } = prepared.value;
    this.#emit({ kind: 'passes', passes, backend, device });

    const progress = new Progress(estimates);
    const first = this.#request.checkpoint?.pass ?? 0;
    for (let pass = first; pass < passes.length; pass++) {
      const stopped = await this.#runPass(pass, prepared.value, progress);
      if (stopped) return stopped;
    }
    return this.#finish(prepared.value);
  }

  async #runPass(pass: number, prepared: PreparedJob, progress: Progress): Promise<JobOutcome | null> {
    const { checkpoint } = this.#request;
    const resumed = checkpoint?.pass === pass ? checkpoint : undefined;
    const stores = this.#stores(pass, prepared);
    const work = await prepared.start(pass, stores, resumed);
    const from = resumed?.tile ?? 0;
    progress.begin(pass, from, work.tiles);
    this.#emit(progress.event());
    const before = this.#runSeconds;
    try {
      const stopped = await this.#runTiles(pass, from, work, stores, prepared, progress);
      if (stopped) return stopped;
    } finally {
      await work.release?.();
    }
    if (from === 0) this.#measure(prepared.passes[pass], this.#runSeconds - before);
    for (const read of freedBy(prepared.passes, pass)) this.#tools.shelf.drop(prepared.storeIds[read] ?? '');
    return null;
  }

  async #runTiles(
    pass: number,
    from: number,
    work: PassWork,
    stores: PassStores,
    prepared: PreparedJob,
    progress: Progress,
  ): Promise<JobOutcome | null> {
    for (let tile = from; tile < work.tiles; tile++) {
      await this.#control.turn((paused) => {
        this.#emit({ kind: 'state', state: paused ? 'paused' : 'running' });
      });
      if (this.#control.cancelled) return this.#cancelled();
      const start = performance.now();
      const done = await work.run(tile);
      const seconds = (performance.now() - start) / 1000;
      this.#runSeconds += seconds;
      if (!done.ok) return this.#interrupted(done.error, pass, tile, work, prepared);
      this.#tilesDone++;
      progress.tileDone(seconds);
      this.#emit(progress.event());
      if (done.value) await this.#preview(pass, stores.output, done.value);
    }
    return null;
  }

  #measure(pass: Pass | undefined, seconds: number): void {
    if (pass?.kind !== 'refine') return;
    this.#refined = {
      name: refineSpeedName(pass.refine),
      work: refineWork(pass.output, pass.refine),
      seconds,
    };
  }

  async #preview(pass: number, output: MemoryStore, { rect, block }: Written): Promise<void> {
    if (this.#request.previewPixels <= 0) return;
    // A sketch has fewer pixels than its rectangle.
    const scale = (previewScale(output, this.#request.previewPixels) * rect.width) / block.width;
    const bitmap = await bitmapOf(block, scale);
    this.#emit(transfer({ kind: 'preview', pass, rect, bitmap }, [bitmap]));
  }

  async #finish(prepared: PreparedJob): Promise<JobOutcome> {
    const { backend, device } = prepared;
    const result = this.#tools.shelf.get(this.#request.resultId);
    if (!result.ok) return { kind: 'stopped', error: result.error, checkpoint: null };
    return {
      kind: 'done',
      resultId: this.#request.resultId,
      width: result.value.width,
      height: result.value.height,
      opaque: (await pictureAlpha(result.value)) === (result.value.depth === 16 ? 65535 : 255),
      tiles: this.#tilesDone,
      seconds: { load: this.#loadSeconds, run: this.#runSeconds },
      backend,
      device,
      measured: prepared.measured(),
      learned: prepared.learned(),
      ...(this.#refined && { refined: this.#refined }),
    };
  }

  #stores(pass: number, { passes, storeIds }: PreparedJob): PassStores {
    const storeOf = (source: PassSource): MemoryStore =>
      this.#must(source === 'picture' ? this.#request.pictureId : storeIds[source]);
    const [input = 'picture', other] = sourcesOf(passes, pass);
    return {
      input: storeOf(input),
      other: other === undefined ? null : storeOf(other),
      output: this.#must(storeIds[pass]),
    };
  }

  #must(id: string | undefined): MemoryStore {
    const store = this.#tools.shelf.get(id ?? '');
    if (!store.ok) throw new Error(store.error.message);
    return store.value;
  }

  /** A GPU lost while the models were loading: nothing is done yet, and a new engine can take it up. */
  #stopBefore(error: Failure): JobOutcome {
    const checkpoint = error.code === 'gpu-lost' ? (this.#request.checkpoint ?? null) : null;
    if (!checkpoint && error.code !== 'gpu-lost') this.discard();
    return { kind: 'stopped', error, checkpoint };
  }

  #interrupted(
    error: Failure,
    pass: number,
    tile: number,
    work: PassWork,
    prepared: PreparedJob,
  ): JobOutcome {
    // Only these two are mended by a new engine; everything else would happen again.
    const mendable = error.code === 'gpu-lost' || error.detail?.['fatal'] === true;
    if (!mendable) {
      this.discard();
      return { kind: 'stopped', error, checkpoint: null };
    }
    const checkpoint: Checkpoint = {
      jobId: this.#request.jobId,
      pass,
      tile,
      tileSize: work.tileSize,
      ...work.state(),
      tilesDone: this.#tilesDone,
      seconds: { load: this.#loadSeconds, run: this.#runSeconds },
      stores: prepared.storeIds,
    };
    return { kind: 'stopped', error, checkpoint };
  }

  #cancelled(): JobOutcome {
    this.discard();
    return { kind: 'stopped', error: failure('cancelled', 'The job was cancelled.'), checkpoint: null };
  }

  /** Frees what the job made. */
  discard(): void {
    for (const id of this.#prepared?.storeIds ?? []) this.#tools.shelf.drop(id);
  }
}

/** Emits without waiting: a page that has gone away must not stop a job. */
export function quietly(onEvent: (event: JobEvent) => unknown): Emit {
  return (event) => {
    Promise.resolve(onEvent(event)).catch(() => undefined);
  };
}
