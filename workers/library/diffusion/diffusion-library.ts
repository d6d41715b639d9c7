/** The library with what belongs to diffusion models: files that people bring, and sets that can be downloaded. */

import { fail, ok, type Result } from '../../../src/base/result.ts';
import type { PartStorage, StoredPart } from '../../../src/architectures/diffusion/store-parts.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { Catalogue } from '../../../src/models/card.ts';
import type { DiffusionEntry } from '../../../src/models/diffusion-entry.ts';
import { recogniseDiffusion } from '../../../src/models/diffusion-files.ts';
import {
  parseDiffusionOffers,
  type DiffusionItem,
  type DiffusionOffers,
} from '../../../src/models/diffusion-offers.ts';
import type { PartChoice } from '../../../src/models/diffusion-smaller.ts';
import type { ModelStore } from '../../../src/models/model-store.ts';
import type { MergedPart } from '../../../src/protocol/engine.ts';
import type {
  DownloadProgress,
  Imported,
  ImportProgress,
  PartialDownload,
} from '../../../src/protocol/library.ts';
import type {
  DiffusionLibraryApi,
  ImportedDiffusion,
  MadePart,
  MergingStep,
  SmallerPart,
  ToldDiffusion,
} from '../../../src/protocol/library-diffusion.ts';
import type { Fetch } from '../download.ts';
import { Downloads } from '../downloads/downloads.ts';
import { unknownModel } from '../downloads/failures.ts';
import { openIndexedPartials } from '../downloads/indexed-partials.ts';
import type { PartialStore } from '../downloads/partial-store.ts';
import { openIndexedStore } from '../indexed-store.ts';
import { Library } from '../library.ts';
import { quietly } from '../quietly.ts';
import { KeptDiffusion } from './kept-diffusion.ts';
import { MergedLoras } from './merged-loras.ts';
import { SmallerModels } from './smaller-models.ts';

interface Stores {
  readonly models: ModelStore;
  readonly diffusion: ModelStore;
  /** Of LoRAs that were merged. */
  readonly merged?: ModelStore;
  readonly partials?: PartialStore;
  readonly diffusionPartials?: PartialStore;
}

export class DiffusionLibrary extends Library implements DiffusionLibraryApi {
  readonly #kept: KeptDiffusion;
  readonly #merged: MergedLoras;
  readonly #smaller: SmallerModels;
  readonly #fetch: Fetch;
  readonly #downloads: Downloads<DiffusionItem, ImportedDiffusion>;
  /** Which imports may go on: an end outdates those that began before. */
  #importing = 0;
  #base: string | null = null;
  #offers: DiffusionOffers | null = null;

  constructor(
    { models, diffusion, merged, partials, diffusionPartials }: Stores,
    fetcher: Fetch = (url, init) => fetch(url, init),
  ) {
    super(models, fetcher, partials);
    this.#kept = new KeptDiffusion(diffusion);
    this.#merged = new MergedLoras(merged ?? openIndexedStore('enlarger-merged-diffusion'));
    this.#smaller = new SmallerModels(this.#kept);
    this.#fetch = fetcher;
    this.#downloads = new Downloads({
      store: diffusionPartials ?? openIndexedPartials('enlarger-partial-diffusion'),
      fetch: fetcher,
      take: (files, item) => this.#take(files, item),
    });
  }

  override async start(base: string): Promise<Result<Catalogue>> {
    this.#base = base;
    return super.start(base);
  }

  override async import(
    files: readonly File[],
    onProgress?: (progress: ImportProgress) => unknown,
  ): Promise<Result<Imported>> {
    const imported = await super.import(files, onProgress);
    if (imported.ok || imported.error.code !== 'model-unrecognised') return imported;
    const found = await recogniseDiffusion(files.map((file) => ({ name: file.name, blob: file })));
    if (found.ok) return ofDiffusion(files);
    // A family that nothing here runs is named; what nobody knows is described by what it looks like.
    return found.error.code === 'model-unsupported' ? found : imported;
  }

  async importDiffusion(
    files: readonly NamedBlob[],
    onProgress?: (progress: ImportProgress) => unknown,
  ): Promise<Result<ImportedDiffusion>> {
    const found = await recogniseDiffusion(files);
    if (!found.ok) return found;
    const run = this.#importing;
    return this.#kept.take(found.value, (progress) => {
      if (onProgress) quietly(onProgress, progress);
      return run === this.#importing;
    });
  }

  async stopImport(): Promise<Result<null>> {
    this.#importing++;
    return Promise.resolve(ok(null));
  }

  async diffusion(): Promise<Result<readonly DiffusionEntry[]>> {
    return this.#kept.list();
  }

  async openDiffusion(ids: readonly string[]): Promise<Result<readonly NamedBlob[]>> {
    return this.#kept.open(ids);
  }

  async mergeDiffusion(
    ids: readonly string[],
    steps: readonly MergingStep[],
    onProgress?: (progress: ImportProgress) => unknown,
  ): Promise<Result<readonly MergedPart[]>> {
    const files = await this.#kept.open(ids);
    if (!files.ok) return files;
    return this.#merged.of(files.value, steps, (progress) => {
      if (onProgress) quietly(onProgress, progress);
    });
  }

  async stopMerging(): Promise<Result<null>> {
    this.#merged.stop();
    return Promise.resolve(ok(null));
  }

  async describeDiffusion(id: string, told: ToldDiffusion): Promise<Result<DiffusionEntry>> {
    return this.#kept.amend(id, told);
  }

  async renameDiffusion(id: string, name: string): Promise<Result<DiffusionEntry>> {
    return this.#kept.rename(id, name);
  }

  async removeDiffusion(id: string): Promise<Result<null>> {
    const list = await this.#kept.list();
    const entry = list.ok ? list.value.find((one) => one.id === id) : undefined;
    const removed = await this.#kept.remove(id);
    if (removed.ok && entry) await this.#merged.forget(entry.sha256);
    return removed;
  }

  async smallerChoices(id: string): Promise<Result<readonly PartChoice[]>> {
    return this.#smaller.choices(id);
  }

  async makeSmaller(
    id: string,
    part: StoredPart,
    storage: PartStorage,
    onProgress?: (progress: ImportProgress) => unknown,
  ): Promise<Result<MadePart>> {
    return this.#smaller.make(id, part, storage, onProgress);
  }

  async stopSmaller(): Promise<Result<null>> {
    this.#smaller.stop();
    return Promise.resolve(ok(null));
  }

  async keepSmaller(
    id: string,
    parts: readonly SmallerPart[],
    onProgress?: (progress: ImportProgress) => unknown,
  ): Promise<Result<ImportedDiffusion>> {
    return this.#smaller.keep(id, parts, onProgress);
  }

  async diffusionOffers(): Promise<Result<DiffusionOffers>> {
    if (this.#offers) return ok(this.#offers);
    if (this.#base === null) return fail('internal', 'The library was called before it was started.');
    const json = await this.#json(new URL('diffusion.json', this.#base).href);
    const offers = json.ok ? parseDiffusionOffers(json.value) : json;
    if (offers.ok) this.#offers = offers.value;
    return offers;
  }

  async downloadDiffusion(
    item: string,
    onProgress?: (progress: DownloadProgress) => unknown,
  ): Promise<Result<ImportedDiffusion>> {
    const offers = await this.diffusionOffers();
    if (!offers.ok) return offers;
    const found = offers.value.items.find(({ id }) => id === item);
    return found ? this.#downloads.download(found, onProgress) : { ok: false, error: unknownModel(item) };
  }

  override async stopDownload(model: string, how: { readonly discard: boolean }): Promise<Result<null>> {
    // Whoever sees a download has read the offers. Nothing is waited for: a pause is meant now.
    const own = this.#offers?.items.some(({ id }) => id === model) ?? false;
    return own ? this.#downloads.stop(model, how) : super.stopDownload(model, how);
  }

  override async partial(): Promise<Result<readonly PartialDownload[]>> {
    const models = await super.partial();
    const offers = await this.diffusionOffers();
    const own = offers.ok ? await this.#downloads.partial(offers.value.items) : offers;
    if (!models.ok) return own.ok ? own : models;
    return ok([...models.value, ...(own.ok ? own.value : [])]);
  }

  async #take(files: readonly File[], item: DiffusionItem): Promise<Result<ImportedDiffusion>> {
    const found = await recogniseDiffusion(files.map((file) => ({ name: file.name, blob: file })));
    if (!found.ok) return found;
    const { id, name, homepage, licence, base, prediction, sampling, weight } = item;
    const { model } = found.value;
    const told = {
      ...model,
      name,
      base: model.base ?? base,
      prediction: model.prediction ?? prediction,
      sampling: model.sampling ?? sampling,
      from: { item: id, homepage, licence, ...(weight !== undefined && { weight }) },
    };
    return this.#kept.take({ ...found.value, model: told }, () => undefined);
  }

  async #json(url: string): Promise<Result<unknown>> {
    try {
      const response = await this.#fetch(url);
      if (response.ok) return ok(await response.json());
    } catch {
      // Said below.
    }
    return fail(
      'model-unavailable',
      'The list of diffusion models could not be loaded. Connect to the network and reload the page.',
    );
  }
}

/** Where such files go instead of the models that enlarge. */
function ofDiffusion(files: readonly File[]): Result<never> {
  return fail(
    'model-unrecognised',
    `"${files[0]?.name ?? ''}" holds parts of a diffusion model, which redraws pictures and does not enlarge them by itself. ` +
      "Open it on the page, which keeps it on its Models screen, or give it to a recipe's refine step (--weights).",
    { reason: 'diffusion' },
  );
}
