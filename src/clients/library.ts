/** The page's side of the library worker: where the catalogue is, progress across the thread, restarts. */

import { proxy, type Remote } from 'comlink';
import type { ForeignModel } from '../architectures/foreign.ts';
import type { PartStorage, StoredPart } from '../architectures/diffusion/store-parts.ts';
import type { SmallerStorage } from '../architectures/smaller.ts';
import { failure, ok, type Result } from '../base/result.ts';
import type { NamedBlob } from '../formats/weights-file.ts';
import type { AvailableModel } from '../models/available.ts';
import type { Catalogue, ModelCard } from '../models/card.ts';
import type { DiffusionEntry } from '../models/diffusion-entry.ts';
import type { PartChoice } from '../models/diffusion-smaller.ts';
import type { VariantOf } from '../models/variant.ts';
import type {
  DiffusionLibraryApi,
  ImportedDiffusion,
  MadePart,
  SmallerPart,
} from '../protocol/library-diffusion.ts';
import type {
  DownloadProgress,
  ForeignFile,
  Imported,
  ImportProgress,
  ModelProgress,
  OpenedModel,
  PartialDownload,
  StoredBytes,
  Variant,
} from '../protocol/library.ts';
import { WorkerClient } from './worker-client.ts';

export interface LibraryClientOptions {
  /** URL of the folder that holds the catalogue and the models. */
  readonly base?: string;
  readonly spawn?: () => Worker;
}

export class LibraryClient {
  readonly #worker: WorkerClient<DiffusionLibraryApi>;
  readonly #base: string;
  #catalogue: Result<Catalogue> | null = null;
  #askedToPersist = false;

  constructor({ base = modelsFolder(), spawn = spawnLibrary }: LibraryClientOptions = {}) {
    this.#base = base;
    this.#worker = new WorkerClient<DiffusionLibraryApi>(spawn, (api) => this.#begin(api));
  }

  /** The catalogue. After a failure (no network at the first visit) it is asked for again. */
  start(): Promise<Result<Catalogue>> {
    return this.#worker.call(async (api) => {
      if (this.#catalogue?.ok !== true) await this.#begin(api);
      return this.#started();
    });
  }

  /** The model's bytes, checked; fetched and kept when they are not here yet. */
  async open(model: string, onProgress?: (progress: ModelProgress) => void): Promise<Result<OpenedModel>> {
    const opened = await this.ask((api) =>
      onProgress ? api.open(model, proxy(onProgress)) : api.open(model),
    );
    if (opened.ok && opened.value.from === 'network' && !opened.value.notKept) this.#persist();
    return opened;
  }

  /** Takes a weights file in; it is a model like the others from then on. */
  async import(
    files: readonly File[],
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Result<Imported>> {
    return this.#taken(
      await this.ask((api) => (onProgress ? api.import(files, proxy(onProgress)) : api.import(files))),
    );
  }

  /** An ONNX graph of an unknown network, for the engine to probe. */
  readForeign(files: readonly File[]): Promise<Result<ForeignFile>> {
    return this.ask((api) => api.readForeign(files));
  }

  /** Takes it in with what probing found. */
  async keepForeign(
    file: ForeignFile,
    foreign: ForeignModel,
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Result<Imported>> {
    return this.#taken(
      await this.ask((api) =>
        onProgress ? api.keepForeign(file, foreign, proxy(onProgress)) : api.keepForeign(file, foreign),
      ),
    );
  }

  /** The catalogue of models that can be downloaded. */
  available(): Promise<Result<readonly AvailableModel[]>> {
    return this.ask((api) => api.available());
  }

  /** Downloads a model of that catalogue, from where it broke off, and imports it. */
  async download(
    model: string,
    onProgress?: (progress: DownloadProgress) => void,
  ): Promise<Result<Imported>> {
    const imported = await this.ask((api) =>
      onProgress ? api.download(model, proxy(onProgress)) : api.download(model),
    );
    return this.#taken(imported);
  }

  stopDownload(model: string, how: { readonly discard: boolean }): Promise<Result<null>> {
    return this.ask((api) => api.stopDownload(model, how));
  }

  /** Downloads that were begun and are not whole. */
  partial(): Promise<Result<readonly PartialDownload[]>> {
    return this.ask((api) => api.partial());
  }

  /** A model in less room, to be looked at before it is kept. */
  quantise(
    model: string,
    storage: SmallerStorage,
    onProgress: (progress: ModelProgress) => void,
  ): Promise<Result<Variant>> {
    return this.ask((api) => api.quantise(model, storage, proxy(onProgress)));
  }

  stopQuantising(): Promise<Result<null>> {
    return this.ask((api) => api.stopQuantising());
  }

  /** Takes it in; it is a model like the others from then on. */
  async keepVariant(variant: Variant, of: VariantOf): Promise<Result<Imported>> {
    return this.#taken(await this.ask((api) => api.keepVariant(variant, of)));
  }

  /** Ids of the models that are kept on this device. */
  kept(): Promise<Result<readonly string[]>> {
    return this.ask((api) => api.kept());
  }

  /** What is kept, of earlier versions of a model too. */
  stored(): Promise<Result<readonly StoredBytes[]>> {
    return this.ask((api) => api.stored());
  }

  /** Gives an imported model another name. */
  async rename(model: string, name: string): Promise<Result<ModelCard>> {
    const renamed = await this.ask((api) => api.rename(model, name));
    if (renamed.ok)
      this.#change((models) => models.map((card) => (card.id === model ? renamed.value : card)));
    return renamed;
  }

  /** An imported model is gone afterwards; a shipped one can be fetched again. */
  async remove(model: string): Promise<Result<null>> {
    const removed = await this.ask((api) => api.remove(model));
    if (removed.ok)
      this.#change((models) => models.filter((card) => card.id !== model || card.origin !== 'imported'));
    return removed;
  }

  storage(): Promise<Result<{ readonly used: number; readonly quota: number; readonly persisted: boolean }>> {
    return this.#worker.call((api) => api.storage());
  }

  /** Asks the browser to keep what is stored until the person deletes it; false where it does not agree. */
  async persist(): Promise<boolean> {
    this.#askedToPersist = true;
    // Absent where the page is not served securely, whatever the types say.
    const storage: StorageManager | undefined = navigator.storage;
    return (await storage?.persist().catch(() => false)) ?? false;
  }

  /** Keeps the parts of a diffusion model that files hold; names are paths where they come from one folder. */
  async importDiffusion(
    files: readonly NamedBlob[],
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Result<ImportedDiffusion>> {
    return this.#kept(await this.ask((api) => api.importDiffusion(files, proxy(onProgress))));
  }

  /** What is kept of diffusion models. */
  diffusion(): Promise<Result<readonly DiffusionEntry[]>> {
    return this.ask((api) => api.diffusion());
  }

  openDiffusion(ids: readonly string[]): Promise<Result<readonly NamedBlob[]>> {
    return this.ask((api) => api.openDiffusion(ids));
  }

  removeDiffusion(id: string): Promise<Result<null>> {
    return this.ask((api) => api.removeDiffusion(id));
  }

  /** How much each part of a kept model takes in each storage. */
  smallerChoices(id: string): Promise<Result<readonly PartChoice[]>> {
    return this.ask((api) => api.smallerChoices(id));
  }

  /** A part in another storage, to be measured before anything is kept. */
  makeSmaller(
    id: string,
    part: StoredPart,
    storage: PartStorage,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Result<MadePart>> {
    return this.ask((api) => api.makeSmaller(id, part, storage, proxy(onProgress)));
  }

  stopSmaller(): Promise<Result<null>> {
    return this.ask((api) => api.stopSmaller());
  }

  /** Keeps a smaller copy; it is an entry like the others from then on. */
  async keepSmaller(
    id: string,
    parts: readonly SmallerPart[],
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Result<ImportedDiffusion>> {
    return this.#kept(await this.ask((api) => api.keepSmaller(id, parts, proxy(onProgress))));
  }

  async downloadDiffusion(
    item: string,
    onProgress: (progress: DownloadProgress) => void,
  ): Promise<Result<ImportedDiffusion>> {
    return this.#kept(await this.ask((api) => api.downloadDiffusion(item, proxy(onProgress))));
  }

  /** Any call of the worker, which has the catalogue by then: what few pages need is in files of its own (`diffusion-library.ts`). */
  ask<T>(work: (api: Remote<DiffusionLibraryApi>) => Promise<Result<T>>): Promise<Result<T>> {
    return this.#worker.call<T>(async (api) => {
      if (this.#catalogue?.ok !== true) await this.#begin(api);
      const started = this.#started();
      return started.ok ? work(api) : started;
    });
  }

  /** Ends the worker; the next call starts a new one. */
  end(): void {
    this.#worker.end();
  }

  #taken(imported: Result<Imported>): Result<Imported> {
    if (!imported.ok) return imported;
    const { card, notKept } = imported.value;
    this.#change((models) => [...models.filter(({ id }) => id !== card.id), card]);
    if (!notKept) this.#persist();
    return imported;
  }

  #kept(imported: Result<ImportedDiffusion>): Result<ImportedDiffusion> {
    if (imported.ok && !imported.value.notKept) this.#persist();
    return imported;
  }

  async #begin(api: Remote<DiffusionLibraryApi>): Promise<void> {
    this.#catalogue = await api.start(this.#base);
  }

  #change(change: (models: readonly ModelCard[]) => readonly ModelCard[]): void {
    if (this.#catalogue?.ok !== true) return;
    const { value } = this.#catalogue;
    this.#catalogue = ok({ ...value, models: change(value.models) });
  }

  #started(): Result<Catalogue> {
    return (
      this.#catalogue ?? {
        ok: false,
        error: failure('internal', 'The library has not started. Reload the page.'),
      }
    );
  }

  /** Asks the browser, once on this device and without waiting, not to clear away what was kept. Only a page may ask. */
  #persist(): void {
    if (this.#askedToPersist || askedBefore()) return;
    void this.persist();
  }
}

const askedKey = 'enlarger.asked-to-persist';

/** Browsers that ask the person would ask at every visit. Remembers that it was asked. */
function askedBefore(): boolean {
  try {
    if (localStorage.getItem(askedKey) !== null) return true;
    localStorage.setItem(askedKey, 'yes');
  } catch {
    // Blocked: then nothing is kept that could be cleared away.
  }
  return false;
}

function modelsFolder(): string {
  return new URL('models/', document.baseURI).href;
}

function spawnLibrary(): Worker {
  return new Worker(new URL('../../workers/library/library.worker.ts', import.meta.url), {
    type: 'module',
    name: 'library',
  });
}
