/** What the page asks of the library worker about diffusion models: files that are kept, and sets that can be downloaded. */

import type { Failure } from '../base/errors.ts';
import type { PartStorage, StoredPart } from '../architectures/diffusion/store-parts.ts';
import type { Result } from '../base/result.ts';
import type { NamedBlob } from '../formats/weights-file.ts';
import type { DiffusionEntry, DiffusionModel } from '../models/diffusion-entry.ts';
import type { DiffusionOffers } from '../models/diffusion-offers.ts';
import type { PartChoice, StoredSmaller } from '../models/diffusion-smaller.ts';
import type { RefineStep } from '../recipes/refine.ts';
import type { MergedPart } from './engine.ts';
import type { DownloadProgress, ImportProgress, LibraryApi } from './library.ts';

export interface ImportedDiffusion {
  readonly entry: DiffusionEntry;
  /** The same bytes were here already. */
  readonly known: boolean;
  /** Present when it works during this visit but could not be kept. */
  readonly notKept?: Failure;
}

/** A part's file, and the configs of a folder that tell what it is. */
export interface MadePart {
  readonly file: NamedBlob;
  readonly configs: readonly NamedBlob[];
}

/** A part of a smaller copy as it shall be kept. */
export interface SmallerPart extends StoredSmaller {
  /** What `makeSmaller` made of it; it is made anew where this is absent. */
  readonly file?: NamedBlob;
}

/** What of a step tells which LoRAs are wanted, and in which parts. */
export type MergingStep = Pick<RefineStep, 'weights' | 'control' | 'prompt'>;

export type ToldDiffusion = Partial<Pick<DiffusionModel, 'prediction' | 'trained'>>;

/** `import` answers `model-unrecognised` with the reason `diffusion` for files that go the way of `importDiffusion`. */
export interface DiffusionLibraryApi extends LibraryApi {
  /**
   * Keeps the parts of a diffusion model that a file or a whole folder (names are paths) holds: weights in half precision, where their
   * values allow it. Failures: `cancelled`, `model-unsupported` for other families, by name, `model-damaged`, `model-unrecognised`.
   */
  importDiffusion(
    files: readonly NamedBlob[],
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Result<ImportedDiffusion>>;
  /** Ends it; nothing is kept then. */
  stopImport(): Promise<Result<null>>;
  /** Everything of that kind on this device. */
  diffusion(): Promise<Result<readonly DiffusionEntry[]>>;
  /**
   * The files of some entries, by the entries' names, so that those of one name stay apart. Their checksums are looked at once a
   * visit. Failures: `model-unknown`, `model-damaged`, those of the storage.
   */
  openDiffusion(ids: readonly string[]): Promise<Result<readonly NamedBlob[]>>;
  /**
   * What the LoRAs of these steps (and of their prompts) make of parts of these entries: kept from an earlier time, or made now and kept.
   * Failures: `cancelled`, and those of loading and merging them.
   */
  mergeDiffusion(
    ids: readonly string[],
    steps: readonly MergingStep[],
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Result<readonly MergedPart[]>>;
  /** Ends it before the next tensor. */
  stopMerging(): Promise<Result<null>>;
  /** Remembers what was found out of an entry, or what a person said of it. */
  describeDiffusion(id: string, told: ToldDiffusion): Promise<Result<DiffusionEntry>>;
  renameDiffusion(id: string, name: string): Promise<Result<DiffusionEntry>>;
  removeDiffusion(id: string): Promise<Result<null>>;
  /** The catalogue of diffusion models that can be downloaded. */
  diffusionOffers(): Promise<Result<DiffusionOffers>>;
  /** Downloads an item of it, as `download` does with models; `stopDownload` and `partial` know these too. */
  downloadDiffusion(
    item: string,
    onProgress?: (progress: DownloadProgress) => void,
  ): Promise<Result<ImportedDiffusion>>;
  /**
   * How much each part of a kept model takes in each storage, from headers alone. Failures: `model-unsupported` with the reason
   * `not-smaller` where nothing of it can be stored in less room, and those of opening.
   */
  smallerChoices(id: string): Promise<Result<readonly PartChoice[]>>;
  /**
   * A part in another storage, with the configs that tell what it is; nothing is kept. Failures: `cancelled`, `model-damaged`, those of
   * `smallerChoices`.
   */
  makeSmaller(
    id: string,
    part: StoredPart,
    storage: PartStorage,
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Result<MadePart>>;
  /** Ends `makeSmaller` or `keepSmaller` before the next tensor; once bytes are being kept it does nothing. */
  stopSmaller(): Promise<Result<null>>;
  /** Keeps a smaller copy of all parts of a model as an entry of its own; the model stays. Failures: those of `makeSmaller`. */
  keepSmaller(
    id: string,
    parts: readonly SmallerPart[],
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Result<ImportedDiffusion>>;
}
