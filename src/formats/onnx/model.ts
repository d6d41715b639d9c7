/**
 * An ONNX model as our writer takes it: the part of https://onnx.ai/onnx/repo-docs/IR.html that network
 * graphs need.
 */

import type { Dtype } from '../tensor-table.ts';

export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

/** The operators that onnxruntime adds to ONNX's own. */
export const contribDomain = 'com.microsoft';

export interface OnnxNode {
  readonly op: string;
  /** ONNX's own operators unless told otherwise. */
  readonly domain?: typeof contribDomain;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Where an initializer's bytes are: in the model itself, or a range of another file. */
export type OnnxBytes =
  | { readonly inline: Uint8Array<ArrayBuffer> }
  | { readonly location: string; readonly offset: number; readonly length: number };

export interface OnnxInitializer {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: OnnxBytes;
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: Dtype;
  /** A string names a dimension that is free; null tells nothing, not even how many there are. */
  readonly shape: readonly (number | string)[] | null;
}

export interface OnnxModel {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** `TensorProto.DataType`. */
export const onnxType: Readonly<Record<Dtype, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  u16: 4,
  i16: 5,
  i32: 6,
  i64: 7,
  f16: 10,
  f64: 11,
  u32: 12,
  u64: 13,
  c64: 14,
  bf16: 16,
  f8e4m3: 17,
  f8e5m2: 19,
};
