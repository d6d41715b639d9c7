/**
 * What every weights format is read as: named tensors, each a byte range in one Blob. Nothing is
 * copied; readers look only at headers.
 */

export type Dtype = 'f64' | 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8';

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  /** Row-major. */
  readonly shape: readonly number[];
  /** Of the first byte, from the start of the Blob. */
  readonly offset: number;
  readonly bytes: number;
}

export interface TensorTable {
  readonly blob: Blob;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}
