/** What the page asks of the library worker: it owns the models that are kept on this device. */

import type { Failure } from '../base/errors.ts';
import type { Result } from '../base/result.ts';
import type { Catalogue, ModelCard } from '../models/card.ts';

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

/** What the store holds of one model. */
export interface StoredBytes {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface LibraryApi {
  /** The shipped models and the imported ones. `base` is the URL that the catalogue's paths are relative to (the app may live under a sub-path). */
  start(base: string): Promise<Result<Catalogue>>;
  /** The model's bytes, checked against the card's sha256; fetched and kept when they are not here. */
  open(model: string, onProgress?: (progress: ModelProgress) => void): Promise<Result<OpenedModel>>;
  /**
   * Takes a weights file in (the two of an ncnn network together) as a model of its own, whatever its name says.
   * Failures: `model-unsupported`, `model-damaged`, `model-unrecognised`.
   */
  import(files: readonly File[], onProgress?: (progress: ImportProgress) => void): Promise<Result<Imported>>;
  /** Ids of the models that are kept on this device. */
  kept(): Promise<Result<readonly string[]>>;
  /** What the store holds, of earlier versions of a model too. */
  stored(): Promise<Result<readonly StoredBytes[]>>;
  /** Gives an imported model another name. */
  rename(model: string, name: string): Promise<Result<ModelCard>>;
  remove(model: string): Promise<Result<null>>;
  storage(): Promise<Result<{ readonly used: number; readonly quota: number; readonly persisted: boolean }>>;
}
