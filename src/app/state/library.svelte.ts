/** The model cards, and which models are kept on this device already. */

import type { ForeignModel } from '../../architectures/foreign.ts';
import type { Failure } from '../../base/errors.ts';
import { failure, type Result } from '../../base/result.ts';
import type { Catalogue, ModelCard } from '../../models/card.ts';
import type { ForeignFile, Imported, ImportProgress, ModelProgress } from '../../protocol/library.ts';
import type { ModelSource } from '../../protocol/engine.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import { download } from './download.ts';
import type { Notices } from './notices.svelte.ts';
import type { Services } from './services.ts';

interface Reading {
  readonly name: string;
  readonly share: number | null;
  /** Absent where it is over soon. */
  readonly stop: (() => unknown) | undefined;
}

export class Library {
  readonly #services: Promise<Services>;
  readonly #notices: Notices;
  readonly #text: Text;
  #catalogue = $state.raw<Catalogue | null>(null);
  #kept = $state.raw<ReadonlySet<string>>(new Set());
  #reading = $state.raw<Reading | null>(null);
  #failed = $state.raw<Failure | null>(null);
  /** Bytes already in hand, so that a queue opens its model once. */
  #open: { readonly id: string; readonly bytes: Blob } | null = null;

  constructor(services: Promise<Services>, notices: Notices, text: Text) {
    this.#services = services;
    this.#notices = notices;
    this.#text = text;
  }

  get cards(): readonly ModelCard[] {
    return this.#catalogue?.models ?? [];
  }

  get defaultId(): string | null {
    return this.#catalogue?.default ?? null;
  }

  /** The model file that is being read now, and how far it is where that is known. */
  get reading(): Reading | null {
    return this.#reading;
  }

  get kept(): ReadonlySet<string> {
    return this.#kept;
  }

  get failed(): Failure | null {
    return this.#failed;
  }

  card(id: string): ModelCard | null {
    return this.cards.find((card) => card.id === id) ?? null;
  }

  /** Address of a file that a card names. */
  address(path: string): string {
    return new URL(`models/${path}`, document.baseURI).href;
  }

  async start(): Promise<void> {
    const { library } = await this.#services;
    const catalogue = await library.start();
    if (!catalogue.ok) {
      this.#failed = catalogue.error;
      return;
    }
    this.#failed = null;
    this.#catalogue = catalogue.value;
    await this.#readKept();
  }

  /** A model ready for the engine; fetched and kept when it is not here yet. */
  async open(id: string, onProgress?: (progress: ModelProgress) => void): Promise<Result<ModelSource>> {
    const card = this.card(id);
    if (!card) {
      if (this.#failed) return { ok: false, error: this.#failed };
      const message = `There is no model "${id}". Choose another model.`;
      return { ok: false, error: failure('model-unknown', message, { model: id }) };
    }
    if (this.#open?.id === id) return { ok: true, value: { card, bytes: this.#open.bytes } };
    const { library } = await this.#services;
    const opened = await library.open(id, onProgress);
    if (!opened.ok) return opened;
    const { bytes, repaired, notKept } = opened.value;
    if (repaired) this.#notices.news(this.#text.notices.repaired(card.name));
    if (notKept) this.#notices.trouble(this.#text.notices.notKept(card.name, wordsOf(this.#text, notKept)));
    this.#open = { id, bytes };
    await this.#readKept();
    return { ok: true, value: { card, bytes } };
  }

  /**
   * Takes a model's files in. A failure is for the caller to tell; that nothing could be kept is told here.
   */
  async import(files: readonly File[]): Promise<Result<Imported>> {
    const { library } = await this.#services;
    return this.#take(files[0]?.name ?? '', (onProgress) => library.import(files, onProgress));
  }

  /** The same for an ONNX network that was tried. */
  async keepForeign(file: ForeignFile, foreign: ForeignModel): Promise<Result<Imported>> {
    const { library } = await this.#services;
    return this.#take(file.weights, (onProgress) => library.keepForeign(file, foreign, onProgress));
  }

  async #take(
    name: string,
    work: (onProgress: (progress: ImportProgress) => void) => Promise<Result<Imported>>,
  ): Promise<Result<Imported>> {
    return this.read(name, async (onProgress) => {
      const imported = await work(onProgress);
      if (!imported.ok) return imported;
      const { card, notKept } = imported.value;
      if (notKept) this.#notices.trouble(this.#text.notices.notKept(card.name, wordsOf(this.#text, notKept)));
      await this.#read();
      return imported;
    });
  }

  /** Tells that a file is being read, and how far it is, while `work` goes on; `stop` ends it. */
  async read<T>(
    name: string,
    work: (onProgress: (progress: ImportProgress) => void) => Promise<T>,
    stop?: () => unknown,
  ): Promise<T> {
    this.#reading = { name, share: null, stop };
    try {
      return await work(({ bytes, total }) => {
        if (this.#reading) this.#reading = { ...this.#reading, share: bytes / total };
      });
    } finally {
      this.#reading = null;
    }
  }

  /** The models anew, after one was downloaded. */
  async refresh(): Promise<void> {
    await this.#read();
  }

  async remove(card: ModelCard): Promise<void> {
    const { library } = await this.#services;
    const removed = await library.remove(card.id);
    if (!removed.ok) {
      this.#notices.trouble(this.#text.notices.about(card.name, wordsOf(this.#text, removed.error)));
      return;
    }
    if (this.#open?.id === card.id) this.#open = null;
    await this.#read();
    const { library: words, notices } = this.#text;
    this.#notices.news(
      card.origin === 'shipped' ? words.deletedCopy(card.name) : notices.modelRemoved(card.name),
    );
  }

  /** Fetches a shipped model where the kept copy is of another version. */
  async update(card: ModelCard): Promise<Result<ModelSource>> {
    if (this.#open?.id === card.id) this.#open = null;
    return this.open(card.id);
  }

  async rename(card: ModelCard, name: string): Promise<void> {
    const { library } = await this.#services;
    const renamed = await library.rename(card.id, name);
    if (!renamed.ok) {
      this.#notices.trouble(this.#text.notices.about(card.name, wordsOf(this.#text, renamed.error)));
      return;
    }
    if (this.#open?.id === card.id) this.#open = null;
    await this.#read();
    this.#notices.news(this.#text.library.renamed(name));
  }

  /** Saves the model's file, as it is kept. */
  async export(card: ModelCard): Promise<void> {
    const opened = await this.open(card.id);
    if (opened.ok) download(opened.value.bytes, card.file.path);
    else this.#notices.trouble(this.#text.notices.about(card.name, wordsOf(this.#text, opened.error)));
  }

  /** The catalogue anew, after a change. */
  async #read(): Promise<void> {
    const { library } = await this.#services;
    const catalogue = await library.start();
    if (catalogue.ok) this.#catalogue = catalogue.value;
    await this.#readKept();
  }

  async #readKept(): Promise<void> {
    const { library } = await this.#services;
    const kept = await library.kept();
    if (kept.ok) this.#kept = new Set(kept.value);
  }
}
