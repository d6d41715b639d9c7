/** What the page asks of the library worker: it owns the models that are kept on this device. */

import type { ForeignModel } from '../architectures/foreign.ts';
import type { SmallerStorage } from '../architectures/smaller.ts';
import type { Failure } from '../base/errors.ts';
import type { Result } from '../base/result.ts';
import type { AvailableModel } from '../models/available.ts';
import type { Catalogue, ModelCard } from '../models/card.ts';
import type { ImportedModel } from '../models/imported.ts';
import type { VariantOf } from '../models/variant.ts';

export interface ModelProgress {
  readonly model: string;
  readonly bytes: number;
  readonly total: number;
}

export interface OpenedModel {
  readonly bytes: Blob;
  /** Where the bytes came from: kept on this device, or fetched now. */
  readonly from: 'store' | 'network';
  /** Present when the model works now but could not be kept (disk full, storage blocked). */
  readonly notKept?: Failure;
  /** True when a damaged entry was found and fetched anew. */
  readonly repaired: boolean;
}

export interface ImportProgress {
  /** Of the stored file, as far as it was read. */
  readonly bytes: number;
  readonly total: number;
}

export interface Imported {
  readonly card: ModelCard;
  /** The same weights were here already. */
  readonly known: boolean;
  /** Present when the model works during this visit but could not be kept. */
  readonly notKept?: Failure;
}

/** An ONNX graph of a network that nobody here knows, as one file that needs no other. */
export interface ForeignFile {
  readonly name: string;
  /** The file that it came from. */
  readonly weights: string;
  readonly bytes: Blob;
}

/** A model's weights in less room, which nobody has kept yet. The engine runs `bytes` by `card`. */
export interface Variant {
  readonly card: ModelCard;
  readonly model: ImportedModel;
  readonly bytes: Blob;
}

/** What the store holds of one model. */
export interface StoredBytes {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface DownloadProgress extends ModelProgress {
  /** Present when the download has just begun anew: the file on the server changed, or it cannot go on in the middle. */
  readonly anew?: 'changed' | 'no-ranges';
}

/** A download that was begun: what is kept of it. */
export interface PartialDownload {
  readonly id: string;
  readonly bytes: number;
  readonly total: number;
}

export interface LibraryApi {
  /** The shipped models and the imported ones. `base` is the URL that the catalogue's paths are relative to (the app may live under a sub-path). */
  start(base: string): Promise<Result<Catalogue>>;
  /** The model's bytes, checked against the card's sha256; fetched and kept when they are not here. */
  open(model: string, onProgress?: (progress: ModelProgress) => void): Promise<Result<OpenedModel>>;
  /**
   * Takes a weights file in (the two of an ncnn network together) as a model of its own, whatever its name says.
   * Failures: `model-unsupported`, `model-damaged`, `model-unrecognised`; the last with the reason `foreign` for an
   * ONNX graph of an unknown network, which goes the way of `readForeign`.
   */
  import(files: readonly File[], onProgress?: (progress: ImportProgress) => void): Promise<Result<Imported>>;
  /** An ONNX graph of an unknown network, to be probed by the engine. Failures as those of `import`. */
  readForeign(files: readonly File[]): Promise<Result<ForeignFile>>;
  /** Takes it in with what probing found, as a model like the others. */
  keepForeign(
    file: ForeignFile,
    foreign: ForeignModel,
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Result<Imported>>;
  /** The catalogue of models that can be downloaded. */
  available(): Promise<Result<readonly AvailableModel[]>>;
  /**
   * Downloads a model of that catalogue and imports it. What came is kept after a break, and the next call goes
   * on from there. Failures: `cancelled` (stopped), `model-unavailable` (with `detail.resumable` where trying
   * again helps), `model-damaged`, `storage-full`, and those of `import`.
   */
  download(model: string, onProgress?: (progress: DownloadProgress) => void): Promise<Result<Imported>>;
  /** Ends a download; what came is kept unless it is to be discarded. */
  stopDownload(model: string, how: { readonly discard: boolean }): Promise<Result<null>>;
  /** Downloads that were begun and are not whole. */
  partial(): Promise<Result<readonly PartialDownload[]>>;
  /**
   * Makes a model smaller; nothing is kept, and the model stays as it is. Failures: `model-unsupported` where that
   * cannot be, `cancelled`, and those of `open`.
   */
  quantise(
    model: string,
    storage: SmallerStorage,
    onProgress?: (progress: ModelProgress) => void,
  ): Promise<Result<Variant>>;
  /** Ends it before the next tensor. */
  stopQuantising(): Promise<Result<null>>;
  /** Takes a variant in as a model like the others, with what was measured of it. */
  keepVariant(variant: Variant, of: VariantOf): Promise<Result<Imported>>;
  /** Ids of the models that are kept on this device. */
  kept(): Promise<Result<readonly string[]>>;
  /** What the store holds, of earlier versions of a model too. */
  stored(): Promise<Result<readonly StoredBytes[]>>;
  /** Gives an imported model another name. */
  rename(model: string, name: string): Promise<Result<ModelCard>>;
  remove(model: string): Promise<Result<null>>;
  storage(): Promise<Result<{ readonly used: number; readonly quota: number; readonly persisted: boolean }>>;
}
