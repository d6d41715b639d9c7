/** What the library screen shows and does: all models with search and filters, storage, and the deeds on one model. */

import type { Failure } from '../../base/errors.ts';
import type { AvailableModel } from '../../models/available.ts';
import type { ModelCard } from '../../models/card.ts';
import type { StoredBytes } from '../../protocol/library.ts';
import { wordsOf } from '../i18n/en.ts';
import { libraryText } from '../i18n/library-text.ts';
import type { App } from './app.svelte.ts';
import {
  entriesOf,
  everything,
  found,
  leftovers,
  scalesOf,
  type Entry,
  type EntryFilter,
} from './library-entries.ts';

interface Space {
  readonly used: number;
  readonly quota: number;
  readonly persisted: boolean;
}

export class Collection {
  readonly #app: Pick<
    App,
    'choices' | 'diffusion' | 'downloads' | 'library' | 'notices' | 'planning' | 'services' | 'text'
  >;
  #offers = $state.raw<readonly AvailableModel[] | null>(null);
  #offersFailed = $state.raw<Failure | null>(null);
  #stored = $state.raw<readonly StoredBytes[]>([]);
  #space = $state.raw<Space | null>(null);
  #refused = $state(false);
  #updating = $state.raw<ReadonlySet<string>>(new Set());
  #filter = $state.raw<EntryFilter>(everything);
  readonly #entries = $derived.by(() =>
    entriesOf({
      cards: this.#app.library.cards,
      offers: this.#offers ?? [],
      stored: this.#stored,
      address: (path) => this.#app.library.address(path),
    }),
  );
  readonly #found = $derived(found(this.#entries, this.#filter));

  constructor(app: App) {
    this.#app = app;
  }

  /** The list of available models is still being read. */
  get reading(): boolean {
    return this.#offers === null && this.#offersFailed === null;
  }

  get offersFailed(): Failure | null {
    return this.#offersFailed;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Those that the search and the filters leave. */
  get found(): readonly Entry[] {
    return this.#found;
  }

  get scales(): readonly number[] {
    return scalesOf(this.#entries);
  }

  get filter(): EntryFilter {
    return this.#filter;
  }

  get filtered(): boolean {
    return this.#filter !== everything;
  }

  get space(): Space | null {
    return this.#space;
  }

  /** The browser was asked to keep the models, and did not agree. */
  get refused(): boolean {
    return this.#refused;
  }

  get leftovers(): readonly StoredBytes[] {
    return leftovers(this.#app.library.cards, this.#stored);
  }

  /** What all models on this device take together. */
  get kept(): { readonly count: number; readonly bytes: number } {
    const all = [...this.#stored, ...this.#app.diffusion.entries];
    return { count: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  change(change: Partial<EntryFilter>): void {
    this.#filter = { ...this.#filter, ...change };
  }

  clear(): void {
    this.#filter = everything;
  }

  isUpdating(entry: Entry): boolean {
    return this.#updating.has(entry.key);
  }

  /** Reads the list of available models, once, and which of them were begun at an earlier visit. */
  async readOffers(): Promise<void> {
    const { library } = await this.#app.services;
    const offers = await library.available();
    if (offers.ok) this.#offers = offers.value;
    else this.#offersFailed = offers.error;
    await this.#app.downloads.read();
  }

  /** Reads what is kept, and the storage; after every change. */
  async readStored(): Promise<void> {
    const { library } = await this.#app.services;
    const [stored, space] = await Promise.all([library.stored(), library.storage()]);
    this.#stored = stored.ok ? stored.value : [];
    this.#space = space.ok ? space.value : null;
  }

  async persist(): Promise<void> {
    const { library } = await this.#app.services;
    this.#refused = !(await library.persist());
    await this.readStored();
  }

  /** Fetches the version that the catalogue names now; the old one goes when the new one is here. */
  async update({ key, card, offer }: Entry): Promise<void> {
    if (!card) return;
    this.#updating = new Set([...this.#updating, key]);
    const { notices, text } = this.#app;
    if (card.origin === 'shipped') {
      const opened = await this.#app.library.update(card);
      if (opened.ok) notices.news(libraryText(text).fetched(card.name));
      else notices.trouble(text.notices.about(card.name, wordsOf(text, opened.error)));
    } else if (offer) {
      const newer = await this.#app.downloads.start(offer);
      if (newer && newer.id !== card.id) await this.#replace(card, newer);
    }
    this.#updating = new Set([...this.#updating].filter((other) => other !== key));
    await this.readStored();
  }

  /** Lets a model that was downloaded anew take the place of the old one. */
  async #replace(old: ModelCard, newer: ModelCard): Promise<void> {
    const { choices, library, planning } = this.#app;
    if (planning.model === old.id) choices.change({ model: newer.id });
    await library.remove(old);
  }

  /** Frees what is left of a model that no list names any more. */
  async discard({ id }: StoredBytes): Promise<void> {
    const { library } = await this.#app.services;
    await library.remove(id);
    await this.readStored();
  }
}
