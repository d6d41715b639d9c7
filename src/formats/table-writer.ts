/** A tensor table put together tensor by tensor; each becomes a Blob at once, so that memory holds one of them. */

import { invariant } from '../base/assert.ts';
import { dtypeBytes, valueCount } from './tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from './tensor-table.ts';

/** Tensors one behind the other in a Blob of their own, in the order in which they are added. */
export class TableWriter {
  readonly #parts: Blob[] = [];
  readonly #tensors = new Map<string, TensorEntry>();
  #offset = 0;

  add(name: string, dtype: Dtype, shape: readonly number[], values: ArrayBufferView<ArrayBuffer>): void {
    this.#put({ name, dtype, shape }, new Blob([values]));
  }

  /** The tensor as another table holds it: nothing is copied. */
  keep({ blob }: TensorTable, { name, dtype, shape, offset, bytes }: TensorEntry): void {
    this.#put({ name, dtype, shape }, blob.slice(offset, offset + bytes));
  }

  finish(): TensorTable {
    return { blob: new Blob(this.#parts), tensors: this.#tensors };
  }

  #put(entry: Omit<TensorEntry, 'offset' | 'bytes'>, part: Blob): void {
    invariant(
      part.size === valueCount(entry.shape) * dtypeBytes[entry.dtype],
      `${entry.name} has the wrong size`,
    );
    this.#tensors.set(entry.name, { ...entry, offset: this.#offset, bytes: part.size });
    this.#parts.push(part);
    this.#offset += part.size;
  }
}
