/** What is read of an ONNX file: its initializers as a tensor table, and where the parts of its graph lie. */

import type { Dtype, TensorTable } from '../tensor-table.ts';

/** Bytes from `start` to before `end` of the table's Blob. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An input or output of the graph. */
export interface OnnxEnd {
  readonly name: string;
  /** `TensorProto.DataType`; 0 where it is not a tensor. */
  readonly type: number;
  /** A string names a side that is free, null is one that is not told; null for no shape at all. */
  readonly shape: readonly (number | string | null)[] | null;
}

/** One initializer, whatever its type. */
export interface OnnxStored {
  readonly name: string;
  readonly type: number;
  readonly dtype: Dtype | null;
  readonly shape: readonly number[];
  /** Its message in the file. */
  readonly message: ByteRange;
  /** Its bytes, little-endian and row-major; null where they are a list of numbers within the message. */
  readonly data: ByteRange | null;
}

/** Parts that are copied are whole fields, tags included. */
export interface OnnxGraph {
  readonly irVersion: number;
  /** Of the model: the operator sets it asks for, and functions of its own. */
  readonly head: readonly ByteRange[];
  readonly nodes: readonly ByteRange[];
  /** The graph's name, inputs and outputs. */
  readonly ends: readonly ByteRange[];
  /** Sparse initializers and quantisation notes. */
  readonly others: readonly ByteRange[];
  readonly initializers: readonly OnnxStored[];
  /** Without those that initializers fill. */
  readonly inputs: readonly OnnxEnd[];
  readonly outputs: readonly OnnxEnd[];
}

export interface OnnxHeader {
  /** The initializers that are tensors as ours are. The Blob holds the file, and behind it those beside it. */
  readonly table: TensorTable;
  readonly opset: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: OnnxGraph;
  /** The files beside it that hold weights. */
  readonly beside: readonly string[];
}
