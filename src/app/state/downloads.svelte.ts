/** Downloads of available models: how far each is, how fast it comes, and why one stopped. */

import type { Failure } from '../../base/errors.ts';
import type { Result } from '../../base/result.ts';
import type { AvailableModel, Downloadable } from '../../models/available.ts';
import type { ModelCard } from '../../models/card.ts';
import type { DownloadProgress } from '../../protocol/library.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Services } from './services.ts';
import { TransferRate } from './transfer-rate.ts';

export interface Download {
  readonly state: 'idle' | 'running' | 'paused' | 'failed';
  readonly bytes: number;
  readonly total: number;
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  /** Why it stopped: of a paused one, where that was not the person's wish. */
  readonly failure: Failure | null;
}

const idle: Download = {
  state: 'idle',
  bytes: 0,
  total: 0,
  bytesPerSecond: null,
  secondsLeft: null,
  failure: null,
};

export class Downloads {
  readonly #services: Promise<Services>;
  readonly #library: Library;
  readonly #notices: Notices;
  readonly #text: Text;
  #all = $state.raw<ReadonlyMap<string, Download>>(new Map());

  constructor(services: Promise<Services>, library: Library, notices: Notices, text: Text) {
    this.#services = services;
    this.#library = library;
    this.#notices = notices;
    this.#text = text;
  }

  of(id: string): Download {
    return this.#all.get(id) ?? idle;
  }

  /** Finds what was begun at an earlier visit. */
  async read(): Promise<void> {
    const { library } = await this.#services;
    const partial = await library.partial();
    if (!partial.ok) return;
    for (const { id, bytes, total } of partial.value) {
      if (this.of(id).state === 'idle') this.#set(id, { ...idle, state: 'paused', bytes, total });
    }
  }

  /** Begins, or goes on. Ends when the model is here, with its card, or when the download has stopped. */
  async start(model: AvailableModel): Promise<ModelCard | null> {
    const { library } = await this.#services;
    const done = await this.#run(model, async (onProgress) => {
      const outcome = await library.download(model.id, onProgress);
      if (outcome.ok) await this.#library.refresh();
      return outcome;
    });
    if (!done) return null;
    this.#arrived(model, done.card.name, done);
    return done.card;
  }

  /** The same for an item of a set of diffusion models; false where it has stopped. */
  async startDiffusion(item: Downloadable): Promise<boolean> {
    const { library } = await this.#services;
    const done = await this.#run(item, (onProgress) => library.downloadDiffusion(item.id, onProgress));
    if (done) this.#arrived(item, done.entry.name, done);
    return done !== null;
  }

  #arrived(
    model: Downloadable,
    name: string,
    { known, notKept }: { readonly known: boolean; readonly notKept?: Failure },
  ): void {
    const { downloads: words, notices } = this.#text;
    if (notKept) this.#notices.trouble(notices.notKept(name, wordsOf(this.#text, notKept)));
    else this.#notices.news(known ? words.known(model.name, name) : words.arrived(name));
  }

  async #run<T>(
    model: Downloadable,
    work: (onProgress: (progress: DownloadProgress) => void) => Promise<Result<T>>,
  ): Promise<T | null> {
    const { id, files } = model;
    if (this.of(id).state === 'running') return null;
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#set(id, { ...idle, state: 'running', bytes: this.of(id).bytes, total });
    const rate = new TransferRate();
    const outcome = await work((progress) => {
      this.#hear(model, progress, rate);
    });
    if (outcome.ok) {
      this.#set(id, idle);
      return outcome.value;
    }
    const { error } = outcome;
    // Discarded meanwhile.
    if (this.of(id).state === 'idle') return null;
    const goesOn =
      error.code === 'cancelled' || error.code === 'worker-died' || error.detail?.['resumable'] === true;
    // The screen that shows it may be closed.
    if (error.code !== 'cancelled')
      this.#notices.trouble(this.#text.notices.about(model.name, wordsOf(this.#text, error)));
    this.#set(id, {
      ...idle,
      state: goesOn ? 'paused' : 'failed',
      bytes: error.code === 'model-damaged' ? 0 : this.of(id).bytes,
      total,
      failure: error.code === 'cancelled' ? null : error,
    });
    return null;
  }

  async pause(id: string): Promise<void> {
    const { library } = await this.#services;
    await library.stopDownload(id, { discard: false });
  }

  /** Gives up what came of it. */
  async discard(id: string): Promise<void> {
    this.#set(id, idle);
    const { library } = await this.#services;
    await library.stopDownload(id, { discard: true });
  }

  #hear(model: Downloadable, { bytes, total, anew }: DownloadProgress, rate: TransferRate): void {
    // The last events may come after it was paused or discarded.
    if (this.of(model.id).state !== 'running') return;
    const { downloads: words } = this.#text;
    if (anew) this.#notices.news(anew === 'changed' ? words.changed(model.name) : words.noRanges(model.name));
    rate.add(performance.now(), bytes);
    this.#set(model.id, {
      state: 'running',
      bytes,
      total,
      bytesPerSecond: rate.bytesPerSecond,
      secondsLeft: rate.secondsLeft(total - bytes),
      failure: null,
    });
  }

  #set(id: string, download: Download): void {
    this.#all = new Map([...this.#all, [id, download]]);
  }
}
