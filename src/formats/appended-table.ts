/** New tensors behind those of a table, which stay where they are: for weights that are merged, converted or quantised. */

import { invariant } from '../base/assert.ts';
import { dtypeBytes, valueCount } from './tensor-bytes.ts';
import type { TensorEntry, TensorTable } from './tensor-table.ts';

/** Where new bytes go: into memory, or into a file. */
export interface ByteStore {
  /** In order; the bytes may be used again once it is done. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** All that was written. */
  finish(): Promise<Blob>;
}

/** A store of Blobs: browsers keep large ones on disk. */
export function blobStore(): ByteStore {
  const parts: Blob[] = [];
  return {
    async write(bytes) {
      parts.push(new Blob([bytes]));
    },
    async finish() {
      return new Blob(parts);
    },
  };
}

/** Where tensors begin, so that a reader may map them. */
const alignment = 64;

/** A table with more tensors, which are written one behind the other into a store; those of the table stay where they lie. */
export class AppendedTable {
  readonly #table: TensorTable;
  readonly #store: ByteStore;
  readonly #tensors: Map<string, TensorEntry>;
  #end: number;

  constructor(table: TensorTable, store: ByteStore) {
    this.#table = table;
    this.#store = store;
    this.#tensors = new Map(table.tensors);
    this.#end = table.blob.size;
  }

  /**
   * Writes a tensor, in place of one of that name. False when the pieces ended early: then the table is as it was, and
   * their bytes are lost room.
   */
  async put(
    tensor: Omit<TensorEntry, 'offset' | 'bytes'>,
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ): Promise<boolean> {
    const padding = (alignment - (this.#end % alignment)) % alignment;
    await this.#write(new Uint8Array(padding));
    const offset = this.#end;
    for await (const piece of pieces) await this.#write(piece);
    const bytes = valueCount(tensor.shape) * dtypeBytes[tensor.dtype];
    invariant(this.#end - offset <= bytes, `${tensor.name} has more bytes than its shape`);
    if (this.#end - offset < bytes) return false;
    this.#tensors.set(tensor.name, { ...tensor, offset, bytes });
    return true;
  }

  /** Leaves a tensor out of the table. */
  drop(name: string): void {
    this.#tensors.delete(name);
  }

  /** The table itself where nothing was written. */
  async finish(): Promise<TensorTable> {
    const added = await this.#store.finish();
    invariant(this.#table.blob.size + added.size === this.#end, 'The store lost bytes');
    const blob = added.size === 0 ? this.#table.blob : new Blob([this.#table.blob, added]);
    return { blob, tensors: this.#tensors };
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (bytes.length > 0) await this.#store.write(bytes);
    this.#end += bytes.length;
  }
}
