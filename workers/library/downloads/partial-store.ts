/** The interface of the store of partial downloads: the bytes of each file that came so far, in order. */

import type { Result } from '../../../src/base/result.ts';

/** One file of a model on its way. */
export interface PartialEntry {
  readonly model: string;
  /** Place among the model's files. */
  readonly file: number;
  readonly url: string;
  /** Bytes of the whole file, and of all files of the model. */
  readonly total: number;
  readonly modelTotal: number;
  /** The server's name for this version of the file, where it says one. */
  readonly version: string | null;
  /** Bytes that are kept. */
  readonly bytes: number;
}

export interface KeptPartial {
  readonly entry: PartialEntry;
  /** Backed by the store's records. Its size is what counts: a record may be newer than the entry. */
  readonly bytes: Blob;
}

/** Failures are `storage-full` and `storage-unavailable`. */
export interface PartialStore {
  get(model: string, file: number): Promise<Result<KeptPartial | null>>;
  /** Drops the bytes of that file and writes the entry anew. */
  begin(entry: PartialEntry): Promise<Result<null>>;
  /** Adds bytes behind those that `entry.bytes` counts. */
  append(entry: PartialEntry, bytes: Blob): Promise<Result<null>>;
  remove(model: string): Promise<Result<null>>;
  list(): Promise<Result<readonly PartialEntry[]>>;
}
