/**
 * What every weights format is read as: named tensors, each a byte range in one Blob. Nothing is
 * copied; readers look only at headers.
 */

export type Dtype =
  | 'f64'
  | 'f32'
  | 'f16'
  | 'bf16'
  /** 8 bits with 4 or 5 of exponent, as ML frameworks have them (OCP 8-bit Floating Point Specification). */
  | 'f8e4m3'
  | 'f8e5m2'
  | 'i64'
  | 'i32'
  | 'i16'
  | 'i8'
  | 'u64'
  | 'u32'
  | 'u16'
  | 'u8'
  /** Two f32. */
  | 'c64';

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
