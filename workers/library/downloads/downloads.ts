/**
 * Downloads of available models: at most two at once, the others wait their turn. Each file is fetched through
 * breaks, checked against the catalogue, and all go the road that a person's own files take.
 */

import type { Failure } from '../../../src/base/errors.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { downloadBytes, type Downloadable } from '../../../src/models/available.ts';
import type { ModelCard } from '../../../src/models/card.ts';
import type { DownloadProgress, PartialDownload } from '../../../src/protocol/library.ts';
import { sha256Of } from '../checksum.ts';
import type { Fetch } from '../download.ts';
import { progressInterval, quietly } from '../quietly.ts';
import { elsewhere, stopped, wrongFile } from './failures.ts';
import { PartialFile } from './partial-file.ts';
import type { PartialStore } from './partial-store.ts';
import { fetchPersistently, pause, usualDelays, type Persistence } from './persist.ts';
import { Turns } from './turns.ts';

type From = NonNullable<ModelCard['from']>;
type Listener = (progress: DownloadProgress) => unknown;
type Piece = Downloadable['files'][number];

/** What became of a model; present when it works during this visit but could not be kept. */
interface Taken {
  readonly notKept?: Failure;
}

export interface DownloadsOptions<M extends Downloadable, T extends Taken> {
  readonly store: PartialStore;
  readonly fetch: Fetch;
  /** Takes whole, checked files in as a model. */
  readonly take: (files: readonly File[], model: M, from: From) => Promise<Result<T>>;
  readonly persistence?: Persistence;
  /** How long a server may send nothing, in milliseconds. */
  readonly patience?: number;
}

interface Run<T> {
  readonly outcome: Promise<Result<T>>;
  readonly listeners: Set<Listener>;
  readonly control: AbortController;
}

/** A file that is whole and right. */
interface Checked {
  readonly file: File;
  readonly sha256: string;
  readonly verified: boolean;
}

export class Downloads<M extends Downloadable, T extends Taken> {
  readonly #options: DownloadsOptions<M, T>;
  readonly #runs = new Map<string, Run<T>>();
  readonly #turns = new Turns(2);

  constructor(options: DownloadsOptions<M, T>) {
    this.#options = options;
  }

  /** Whoever asks for a model that is on its way shares the download. */
  download(model: M, onProgress?: Listener): Promise<Result<T>> {
    const running = this.#runs.get(model.id);
    if (running && !running.control.signal.aborted) {
      if (onProgress) running.listeners.add(onProgress);
      return running.outcome;
    }
    const listeners = new Set(onProgress ? [onProgress] : []);
    const control = new AbortController();
    const { signal } = control;
    const former = running?.outcome;
    const outcome = (async () => {
      await former;
      return this.#turns.take(signal, () => alone(model, () => this.#run(model, listeners, signal)));
    })()
      .then((result) => result ?? { ok: false as const, error: stopped(model) })
      .finally(() => {
        if (this.#runs.get(model.id)?.control === control) this.#runs.delete(model.id);
      });
    this.#runs.set(model.id, { outcome, listeners, control });
    return outcome;
  }

  async stop(model: string, { discard }: { readonly discard: boolean }): Promise<Result<null>> {
    const running = this.#runs.get(model);
    running?.control.abort();
    await running?.outcome;
    return discard ? this.#options.store.remove(model) : ok(null);
  }

  /** Those that are begun; what is kept of models that the catalogue does not name any more is freed. */
  async partial(available: readonly Pick<Downloadable, 'id'>[]): Promise<Result<readonly PartialDownload[]>> {
    const { store } = this.#options;
    const list = await store.list();
    if (!list.ok) return list;
    const sums = new Map<string, PartialDownload>();
    for (const { model, bytes, modelTotal } of list.value) {
      if (available.every(({ id }) => id !== model)) await store.remove(model);
      else sums.set(model, { id: model, bytes: (sums.get(model)?.bytes ?? 0) + bytes, total: modelTotal });
    }
    return ok([...sums.values()]);
  }

  async #run(model: M, listeners: ReadonlySet<Listener>, signal: AbortSignal): Promise<Result<T>> {
    const { store, take } = this.#options;
    const total = downloadBytes(model);
    const tell = (bytes: number, anew?: DownloadProgress['anew']): void => {
      for (const listener of listeners)
        quietly(listener, { model: model.id, bytes, total, ...(anew && { anew }) });
    };
    const whole: Checked[] = [];
    let before = 0;
    for (const [place, piece] of model.files.entries()) {
      const fetched = await this.#fetch(model, place, signal, (bytes, anew) => {
        tell(before + bytes, anew);
      });
      if (!fetched.ok) {
        if (fetched.error.code === 'model-damaged') await store.remove(model.id);
        return fetched;
      }
      whole.push(fetched.value);
      before += piece.bytes;
    }
    const from: From = {
      available: model.id,
      homepage: model.homepage,
      licence: model.licence,
      files: whole.map(({ file, sha256, verified }) => ({ name: file.name, sha256, verified })),
    };
    const taken = await take(
      whole.map(({ file }) => file),
      model,
      from,
    );
    // What works for this visit only can be taken in again at the next one, without the network.
    if (!taken.ok || !taken.value.notKept) await store.remove(model.id);
    return taken;
  }

  async #fetch(
    model: M,
    place: number,
    signal: AbortSignal,
    tell: (bytes: number, anew?: DownloadProgress['anew']) => void,
  ): Promise<Result<Checked>> {
    const {
      store,
      fetch,
      persistence = { delays: usualDelays, wait: pause },
      patience = 60_000,
    } = this.#options;
    const piece = model.files[place];
    if (!piece) return { ok: false, error: wrongFile(model, 'no such file') };
    for (let attempt = 1; ; attempt++) {
      const partial = await PartialFile.open(store, entryOf(model, place, piece));
      const resumed = partial.bytes > 0;
      let told = 0;
      tell(partial.bytes);
      const fetched = await fetchPersistently(
        {
          model,
          url: piece.url,
          fetch,
          signal,
          patience,
          onBytes: () => {
            const now = performance.now();
            if (now - told < progressInterval && partial.bytes < partial.total) return;
            told = now;
            tell(partial.bytes);
          },
          onAnew: (why) => {
            tell(0, why);
          },
        },
        partial,
        persistence,
      );
      if (!fetched.ok) return fetched;
      const checked = await check(model, piece, partial);
      // What was put together of several visits may be of two versions of the file.
      if (checked.ok || !resumed || attempt > 1) return checked;
      await store.remove(model.id);
      tell(0, 'changed');
    }
  }
}

async function check(model: Downloadable, piece: Piece, partial: PartialFile): Promise<Result<Checked>> {
  const blob = await partial.whole();
  if (!blob.ok) return blob;
  const sha256 = await sha256Of(blob.value);
  if (blob.value.size !== piece.bytes || sha256 === null)
    return { ok: false, error: wrongFile(model, 'what was kept on this device cannot be read') };
  if (piece.sha256 !== null && sha256 !== piece.sha256)
    return { ok: false, error: wrongFile(model, 'another sha256 than is published') };
  return ok({ file: new File([blob.value], piece.name), sha256, verified: piece.sha256 !== null });
}

function entryOf(
  model: Downloadable,
  place: number,
  { url, bytes }: Piece,
): Parameters<typeof PartialFile.open>[1] {
  return {
    model: model.id,
    file: place,
    url,
    total: bytes,
    modelTotal: downloadBytes(model),
    version: null,
    bytes: 0,
  };
}

/** Two tabs must not write the same partial file. */
async function alone<T>(model: Downloadable, work: () => Promise<Result<T>>): Promise<Result<T>> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (!locks) return work();
  return locks.request(`enlarger-download-${model.id}`, { ifAvailable: true }, (lock) =>
    lock ? work() : Promise.resolve({ ok: false as const, error: elsewhere(model) }),
  );
}
