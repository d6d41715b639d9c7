/**
 * The interface of the model store: where models are kept between visits. Bytes are kept in chunks, one
 * record each, under one index entry. What is kept is not yet trusted: whoever reads it checks the sha256.
 */

import type { Result } from '../base/result.ts';
import type { DiffusionModel } from './diffusion-entry.ts';
import type { ImportedModel } from './imported.ts';

/** The index entry of a kept model. It is written last, so a model with an entry was written whole. */
export interface StoredModel {
  readonly id: string;
  readonly bytes: number;
  /** Of the whole file, lower-case hexadecimal. */
  readonly sha256: string;
  readonly chunks: number;
  /** Of an imported model: what its card is made from (`src/models/imported.ts`). */
  readonly imported?: ImportedModel;
  /** Of a file or folder with parts of a diffusion model: what is known of it. */
  readonly diffusion?: DiffusionModel;
  /** Of LoRAs merged into a part: checksums of what is in it, and when it was made (milliseconds since 1970). */
  readonly merged?: { readonly of: readonly string[]; readonly at: number };
}

export interface KeptModel {
  readonly entry: StoredModel;
  /** The whole file, backed by the store's records: nothing is read until it is used. */
  readonly bytes: Blob;
}

/** Failures are `storage-full` and `storage-unavailable`. */
export interface ModelStore {
  /** Null when the model is not here. Where a chunk is gone the bytes lack it, as the sha256 will show. */
  get(id: string): Promise<Result<KeptModel | null>>;
  /** Replaces whatever was kept under that id. After a failure nothing is kept under it. */
  put(model: Omit<StoredModel, 'chunks'>, chunks: readonly Blob[]): Promise<Result<null>>;
  /**
   * The same for `bytes` that are made while they are written: `finish` tells what they became, or null to keep nothing, which is
   * answered by `false`. Chunks that throw count as a storage that fails.
   */
  write(
    id: string,
    bytes: number,
    chunks: Iterable<Blob> | AsyncIterable<Blob>,
    finish: () => Omit<StoredModel, 'id' | 'bytes' | 'chunks'> | null,
  ): Promise<Result<boolean>>;
  /** Says other things of a kept diffusion model; nothing is done where it is not kept. */
  describe(id: string, diffusion: DiffusionModel): Promise<Result<null>>;
  /** Gives what a person brought another name; nothing is done where it is not kept. */
  rename(id: string, name: string): Promise<Result<null>>;
  remove(id: string): Promise<Result<null>>;
  list(): Promise<Result<readonly StoredModel[]>>;
  /**
   * Does work that chooses an id by the list and writes under it while no other tab does so, after what unfinished writing left was freed.
   * Rejects when `signal` ended the waiting. Not to be called within such work.
   */
  alone<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Bytes of one chunk: small enough for one transaction, large enough that there are few. */
export const chunkBytes = 16 * 1024 * 1024;
