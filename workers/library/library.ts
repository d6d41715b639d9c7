/**
 * The library: one object behind `LibraryApi`. It hands out models whose bytes were checked, fetches what is
 * not kept here, keeps what it fetched, and goes on from memory where nothing can be kept.
 */

import type { ForeignModel } from '../../src/architectures/foreign.ts';
import type { SmallerStorage } from '../../src/architectures/smaller.ts';
import type { Failure } from '../../src/base/errors.ts';
import { invariant } from '../../src/base/assert.ts';
import { fail, failure, ok, type Result } from '../../src/base/result.ts';
import { SerialQueue } from '../../src/base/serial-queue.ts';
import { parseAvailable, type AvailableModel } from '../../src/models/available.ts';
import type { Catalogue, ModelCard } from '../../src/models/card.ts';
import { findCard, parseCatalogue } from '../../src/models/catalogue.ts';
import { freshId, importedCard, type ImportedModel } from '../../src/models/imported.ts';
import type { ModelStore } from '../../src/models/model-store.ts';
import type { VariantOf } from '../../src/models/variant.ts';
import type {
  DownloadProgress,
  ForeignFile,
  Imported,
  ImportProgress,
  LibraryApi,
  ModelProgress,
  OpenedModel,
  PartialDownload,
  StoredBytes,
  Variant,
} from '../../src/protocol/library.ts';
import { hasSha256 } from './checksum.ts';
import { download, type Fetch } from './download.ts';
import { Downloads } from './downloads/downloads.ts';
import { unknownModel } from './downloads/failures.ts';
import { openIndexedPartials } from './downloads/indexed-partials.ts';
import type { PartialStore } from './downloads/partial-store.ts';
import { quantise } from './quantise.ts';
import { quietly } from './quietly.ts';
import { readForeign, withChecksum } from './read-foreign.ts';
import { chunksOf, readImport, type ReadImport } from './read-import.ts';
import { measureSpace } from './storage-failure.ts';

type Listener = (progress: ModelProgress) => unknown;

interface Opening {
  readonly outcome: Promise<Result<OpenedModel>>;
  readonly listeners: Set<Listener>;
}

export class Library implements LibraryApi {
  readonly #store: ModelStore;
  readonly #fetch: Fetch;
  #shelf: { readonly base: string; readonly catalogue: Catalogue } | null = null;
  /** Models being opened now: whoever asks for one meanwhile shares the work. Nothing is remembered here. */
  readonly #opening = new Map<string, Opening>();
  readonly #importing = new SerialQueue();
  /** Which run of `quantise` may go on: a later one, or an end, outdates it. */
  #quantising = 0;
  readonly #downloads: Downloads<AvailableModel, Imported>;
  #available: readonly AvailableModel[] | null = null;
  /** Checked models that could not be kept, for this visit. */
  readonly #unkept = new Map<string, { readonly bytes: Blob; readonly notKept: Failure }>();

  constructor(
    store: ModelStore,
    fetcher: Fetch = (url, init) => fetch(url, init),
    partials: PartialStore = openIndexedPartials(),
  ) {
    this.#store = store;
    this.#fetch = fetcher;
    this.#downloads = new Downloads({
      store: partials,
      fetch: fetcher,
      take: async (files, { name }, from) => {
        const read = await readImport(files, () => undefined);
        if (!read.ok) return read;
        const model = { ...read.value.model, name, from };
        return this.#importing.run(() => this.#take({ ...read.value, model }));
      },
    });
  }

  /** The shipped models, and the imported ones behind them. */
  async start(base: string): Promise<Result<Catalogue>> {
    const json = await this.#read(new URL('catalogue.json', base).href);
    if (!json.ok) return json;
    const catalogue = parseCatalogue(json.value);
    if (!catalogue.ok) return catalogue;
    const unkept = this.#models('imported').filter(({ id }) => this.#unkept.has(id));
    const kept = await keptCards(this.#store);
    const { models } = catalogue.value;
    const imported = [...kept, ...unkept].filter(({ id }) => models.every((model) => model.id !== id));
    this.#shelf = { base, catalogue: { ...catalogue.value, models: [...models, ...imported] } };
    return ok(this.#shelf.catalogue);
  }

  async open(model: string, onProgress?: Listener): Promise<Result<OpenedModel>> {
    if (!this.#shelf) return fail('internal', 'The library was called before it was started.');
    const { base, catalogue } = this.#shelf;
    const card = findCard(catalogue, model);
    if (!card.ok) return card;
    const running = this.#opening.get(model);
    if (running) {
      if (onProgress) running.listeners.add(onProgress);
      return running.outcome;
    }
    const listeners = new Set(onProgress ? [onProgress] : []);
    const outcome = this.#find(card.value, new URL(card.value.file.path, base).href, listeners).finally(
      () => {
        this.#opening.delete(model);
      },
    );
    this.#opening.set(model, { outcome, listeners });
    return outcome;
  }

  async import(
    files: readonly File[],
    onProgress?: (progress: ImportProgress) => unknown,
  ): Promise<Result<Imported>> {
    const read = await readImport(files, (progress) => {
      if (onProgress) quietly(onProgress, progress);
    });
    if (!read.ok) return read;
    // Two imports may overlap: from here to the shelf nothing waits but the store.
    return this.#importing.run(() => this.#take(read.value));
  }

  async readForeign(files: readonly File[]): Promise<Result<ForeignFile>> {
    return readForeign(files);
  }

  async keepForeign(
    file: ForeignFile,
    foreign: ForeignModel,
    onProgress?: (progress: ImportProgress) => unknown,
  ): Promise<Result<Imported>> {
    const read = await withChecksum(file, foreign, (progress) => {
      if (onProgress) quietly(onProgress, progress);
    });
    return read.ok ? this.#importing.run(() => this.#take(read.value)) : read;
  }

  async available(): Promise<Result<readonly AvailableModel[]>> {
    if (this.#available) return ok(this.#available);
    if (!this.#shelf) return fail('internal', 'The library was called before it was started.');
    const json = await this.#read(new URL('available.json', this.#shelf.base).href);
    const available = json.ok ? parseAvailable(json.value) : json;
    if (available.ok) this.#available = available.value;
    return available;
  }

  async download(
    model: string,
    onProgress?: (progress: DownloadProgress) => unknown,
  ): Promise<Result<Imported>> {
    const available = await this.available();
    if (!available.ok) return available;
    const found = available.value.find(({ id }) => id === model);
    return found ? this.#downloads.download(found, onProgress) : { ok: false, error: unknownModel(model) };
  }

  async stopDownload(model: string, how: { readonly discard: boolean }): Promise<Result<null>> {
    return this.#downloads.stop(model, how);
  }

  async partial(): Promise<Result<readonly PartialDownload[]>> {
    const available = await this.available();
    return available.ok ? this.#downloads.partial(available.value) : available;
  }

  async quantise(model: string, storage: SmallerStorage, onProgress?: Listener): Promise<Result<Variant>> {
    if (!this.#shelf) return fail('internal', 'The library was called before it was started.');
    const card = findCard(this.#shelf.catalogue, model);
    if (!card.ok) return card;
    const run = ++this.#quantising;
    const opened = await this.open(model);
    if (!opened.ok) return opened;
    const smaller = await quantise(card.value, opened.value.bytes, storage, (bytes, total) => {
      if (onProgress) quietly(onProgress, { model, bytes, total });
      return run === this.#quantising;
    });
    if (!smaller.ok) return smaller;
    const { model: made, bytes, sha256 } = smaller.value;
    const taken = this.#shelf.catalogue.models.map(({ id }) => id);
    const id = freshId(made.name, taken);
    const variant = importedCard(made, { id, bytes: bytes.size, sha256 });
    invariant(variant, 'What was recognised has a card');
    return ok({ card: variant, model: made, bytes });
  }

  async stopQuantising(): Promise<Result<null>> {
    this.#quantising++;
    return Promise.resolve(ok(null));
  }

  async keepVariant({ card, model, bytes }: Variant, of: VariantOf): Promise<Result<Imported>> {
    const read = { model: { ...model, of }, bytes, sha256: card.file.sha256 };
    return this.#importing.run(() => this.#take(read));
  }

  async kept(): Promise<Result<readonly string[]>> {
    const list = await this.#store.list();
    if (!list.ok) return list;
    const cards = this.#shelf?.catalogue.models;
    // An entry of another version of the model will be fetched anew, so it does not count.
    const current = list.value.filter(
      ({ id, sha256 }) => !cards || cards.some((card) => card.id === id && card.file.sha256 === sha256),
    );
    return ok(current.map(({ id }) => id));
  }

  async stored(): Promise<Result<readonly StoredBytes[]>> {
    const list = await this.#store.list();
    return list.ok ? ok(list.value.map(({ id, bytes, sha256 }) => ({ id, bytes, sha256 }))) : list;
  }

  async rename(model: string, name: string): Promise<Result<ModelCard>> {
    const card = this.#models('imported').find(({ id }) => id === model);
    if (!card) {
      return fail('model-unknown', `There is no model of yours "${model}". Reload the page.`, { model });
    }
    const kept = await this.#store.rename(model, name);
    if (!kept.ok) return kept;
    const renamed = { ...card, name };
    this.#change((cards) => cards.map((other) => (other.id === model ? renamed : other)));
    return ok(renamed);
  }

  async remove(model: string): Promise<Result<null>> {
    await this.#opening.get(model)?.outcome;
    const held = this.#unkept.delete(model);
    const removed = await this.#store.remove(model);
    const imported = this.#models('imported').some(({ id }) => id === model);
    if (imported && (removed.ok || held)) this.#change((cards) => cards.filter(({ id }) => id !== model));
    return held && imported ? ok(null) : removed;
  }

  async storage(): Promise<
    Result<{ readonly used: number; readonly quota: number; readonly persisted: boolean }>
  > {
    const space = await measureSpace();
    if (!space) {
      return fail('storage-unavailable', 'The browser does not say how much this site may store.');
    }
    const persisted = await navigator.storage.persisted().catch(() => false);
    return ok({ ...space, persisted });
  }

  /** A list of models from the app's own server. */
  async #read(url: string): Promise<Result<unknown>> {
    try {
      const response = await this.#fetch(url);
      if (!response.ok) return noCatalogue(`The server answered with status ${response.status}.`);
      return ok(await response.json());
    } catch (thrown) {
      return noCatalogue(
        thrown instanceof SyntaxError
          ? 'The server sent something else.'
          : 'The network or the server cannot be reached.',
      );
    }
  }

  async #find(card: ModelCard, url: string, listeners: ReadonlySet<Listener>): Promise<Result<OpenedModel>> {
    const unkept = this.#unkept.get(card.id);
    if (unkept) return ok({ ...unkept, from: 'network', repaired: false });

    const kept = await this.#store.get(card.id);
    const stored = kept.ok && kept.value?.entry.sha256 === card.file.sha256 ? kept.value : null;
    if (stored && (await hasSha256(stored.bytes, card.file.sha256))) {
      return ok({ bytes: stored.bytes, from: 'store', repaired: false });
    }
    const repaired = stored !== null;
    if (card.origin === 'imported') return kept.ok ? gone(card) : kept;
    if (repaired) await this.#store.remove(card.id);

    const tell = (bytes: number): void => {
      for (const listener of listeners) quietly(listener, { model: card.id, bytes, total: card.file.bytes });
    };
    const fetched = await download(card, url, this.#fetch, tell);
    if (!fetched.ok) return repaired ? afterDamage(card, fetched.error) : fetched;
    const saved = kept.ok ? await this.#keep(card, fetched.value) : kept;
    if (saved.ok) return ok({ bytes: saved.value, from: 'network', repaired });
    const held = { bytes: new Blob([...fetched.value]), notKept: saved.error };
    this.#unkept.set(card.id, held);
    return ok({ ...held, from: 'network', repaired });
  }

  async #take({ model: read, bytes, sha256 }: ReadImport): Promise<Result<Imported>> {
    const all = this.#shelf?.catalogue.models ?? [];
    const known = all.find((card) => card.file.sha256 === sha256);
    const id =
      known?.id ??
      freshId(
        read.name,
        all.map((card) => card.id),
      );
    if (known?.origin === 'shipped') return ok({ card: known, known: true });
    // The same weights again keep their name, and where they came from where that was known.
    const model = { ...(known?.from && { from: known.from }), ...read, name: known?.name ?? read.name };
    const card = importedCard(model, { id, bytes: bytes.size, sha256 });
    invariant(card, 'What was recognised has a card');
    const saved = await this.#keep(card, chunksOf(bytes), model);
    this.#change((cards) => [...cards.filter((other) => other.id !== id), card]);
    if (saved.ok) return ok({ card, known: known !== undefined });
    this.#unkept.set(id, { bytes, notKept: saved.error });
    return ok({ card, known: known !== undefined, notKept: saved.error });
  }

  #models(origin: ModelCard['origin']): readonly ModelCard[] {
    return this.#shelf?.catalogue.models.filter((card) => card.origin === origin) ?? [];
  }

  #change(change: (cards: readonly ModelCard[]) => readonly ModelCard[]): void {
    if (!this.#shelf) return;
    const { base, catalogue } = this.#shelf;
    this.#shelf = { base, catalogue: { ...catalogue, models: change(catalogue.models) } };
  }

  /** Stores checked bytes and gives them back as the store holds them: on disk, and checked again. */
  async #keep(card: ModelCard, chunks: readonly Blob[], imported?: ImportedModel): Promise<Result<Blob>> {
    const { sha256, bytes } = card.file;
    const put = await this.#store.put({ id: card.id, sha256, bytes, ...(imported && { imported }) }, chunks);
    if (!put.ok) return put;
    const kept = await this.#store.get(card.id);
    if (!kept.ok) return kept;
    if (kept.value && (await hasSha256(kept.value.bytes, sha256))) return ok(kept.value.bytes);
    await this.#store.remove(card.id);
    return fail(
      'storage-unavailable',
      'The browser gave back other bytes than were stored. The model works now, but has to be fetched again at the next visit; check the disk.',
      { cause: 'other bytes than were stored' },
    );
  }
}

async function keptCards(store: ModelStore): Promise<readonly ModelCard[]> {
  const list = await store.list();
  // What cannot be listed cannot be opened either; the model that is used says so.
  if (!list.ok) return [];
  return list.value.flatMap((entry) => (entry.imported && importedCard(entry.imported, entry)) ?? []);
}

/** Only the person has the file of an imported model. */
function gone(card: ModelCard): Result<never> {
  return fail(
    'model-damaged',
    `The copy of "${card.name}" on this device is damaged or gone. Remove the model and open its file again (${card.weights}).`,
    { model: card.id },
  );
}

function noCatalogue(cause: string): Result<never> {
  return fail(
    'model-unavailable',
    `The list of models could not be loaded. ${cause} Connect to the network and reload the page.`,
    { cause },
  );
}

/** Why a model is missing that was here before. */
function afterDamage(card: ModelCard, error: Failure): Result<never> {
  const message = `The copy of "${card.id}" on this device was damaged and has been removed. ${error.message}`;
  return { ok: false, error: failure(error.code, message, { ...error.detail, model: card.id }) };
}
