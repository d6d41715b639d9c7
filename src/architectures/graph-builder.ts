/**
 * Emits a network's ONNX graph over a tensor table. It resolves each weight by how it is stored, so that
 * architectures only name tensors: fp32 and fp16 in place, 8-bit weights as integers times a scale. All of
 * that is constant and folded when a session is created, but for weights that packed.ts tells of.
 */

import { invariant } from '../base/assert.ts';
import type {
  AttributeValue,
  OnnxInitializer,
  OnnxModel,
  OnnxNode,
  OnnxValue,
} from '../formats/onnx/model.ts';
import { contribDomain, onnxType } from '../formats/onnx/model.ts';
import { dtypeBytes, valueCount } from '../formats/tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import { needed } from './needed.ts';
import { inputsAtOnce } from './ops/channels-in-threes.ts';
import { isChannelScale, packedAttributes, packedMatrix, type PackedMatrix } from './packed.ts';

export type Precision = 'fp16' | 'fp32';

type ComputeDtype = 'f16' | 'f32';

/** How a convolution walks: one step, and as much padding as keeps height and width, unless told otherwise. */
export interface Walk {
  readonly stride?: number;
  /** Rows above, columns before, rows below, columns after. */
  readonly pads?: readonly [number, number, number, number];
}

/** A value that leaves a graph with several ends; fp32. */
export interface GraphOutput {
  readonly name: string;
  readonly value: string;
  readonly shape: readonly number[];
}

const opset = 17;

/** What the graph's `location` entries say; the runtime is given the weights' Blob under this path. */
export const weightsPath = 'weights';

/** The tensors beside an 8-bit tensor `name` that give its values: (integer - zero) * scale. */
export function scaleName(name: string): string {
  return `${name}.scale`;
}

export function zeroName(name: string): string {
  return `${name}.zero`;
}

const pictureInput: OnnxValue = { name: 'input', dtype: 'f32', shape: [1, 3, 'height', 'width'] };

export class GraphBuilder {
  readonly #table: TensorTable;
  readonly #compute: ComputeDtype;
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxInitializer>();
  readonly #inputs: OnnxValue[];
  /** How many of the picture's means are given; null in a graph that computes all of them itself. */
  readonly #known: number | null;
  #means = 0;
  /** The first mean that is not given: the graph ends there. */
  #unknown: string | null = null;
  #values = 0;

  /** `inputs`: what the graph takes before anything else is declared; a picture, unless told otherwise. */
  constructor(
    table: TensorTable,
    precision: Precision,
    known: number | null = null,
    inputs: readonly OnnxValue[] = [pictureInput],
  ) {
    this.#known = known;
    this.#inputs = [...inputs];
    this.#table = table;
    this.#compute = precision === 'fp16' ? 'f16' : 'f32';
  }

  /** Declares an input of a fixed shape and returns its name. */
  input(name: string, dtype: 'f32' | 'i32', shape: readonly number[]): string {
    this.#inputs.push({ name, dtype, shape });
    return name;
  }

  /** Emits one node and returns the name of its only output. */
  node(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, AttributeValue>>): string {
    const output = `v${this.#values++}`;
    this.#nodes.push({ op, inputs: [...inputs], outputs: [output], ...(attributes ? { attributes } : {}) });
    return output;
  }

  /** The same for an operator with two outputs of which the second is wanted. */
  second(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): string {
    const outputs = [`v${this.#values++}`, `v${this.#values++}`] as const;
    this.#nodes.push({ op, inputs: [...inputs], outputs: [...outputs], attributes });
    return outputs[1];
  }

  /** The same for one of onnxruntime's own operators. */
  contrib(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): string {
    const output = `v${this.#values++}`;
    this.#nodes.push({ op, domain: contribDomain, inputs: [...inputs], outputs: [output], attributes });
    return output;
  }

  cast(value: string, to: Dtype): string {
    return this.node('Cast', [value], { to: { int: onnxType[to] } });
  }

  /** From the fp32 of a graph's ends to the dtype that the network computes in, and back. */
  intoCompute(value: string): string {
    return this.#compute === 'f32' ? value : this.cast(value, this.#compute);
  }

  outOfCompute(value: string): string {
    return this.#compute === 'f32' ? value : this.cast(value, 'f32');
  }

  /** A constant list of integers, for shapes and axes. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant(`i_${values.join('_')}`, 'i64', [values.length], data);
  }

  /** A constant list of fp32 numbers. */
  floats(values: readonly number[]): string {
    return this.#constant(`f_${values.join('_')}`, 'f32', [values.length], Float32Array.from(values));
  }

  /** The same number so many times, in the dtype that the network computes in. */
  repeated(value: number, count: number): string {
    const data = new Float32Array(count).fill(value);
    return this.intoCompute(this.#constant(`r_${value}_${count}`, 'f32', [count], data));
  }

  /** One number in the dtype that the network computes in. */
  number(value: number): string {
    const single = this.#constant(`n_${value}`, 'f32', [], Float32Array.of(value));
    return this.intoCompute(single);
  }

  /**
   * A 3x3 (or k x k) convolution that keeps height and width unless `walk` tells otherwise. Weights `name.weight`,
   * `name.bias`. `dtype` is that of `input` and of the result.
   */
  convolution(input: string, name: string, dtype: ComputeDtype = this.#compute, walk: Walk = {}): string {
    const weight = this.#entry(`${name}.weight`);
    const bias = this.#entry(`${name}.bias`);
    return this.#conv(input, weight.shape, [this.#inDtype(weight, dtype), this.#inDtype(bias, dtype)], walk);
  }

  /**
   * A dense layer over the last dimension of a value [...leading, inputs], with `name.weight` [outputs, inputs] (or
   * [outputs, inputs, 1, 1]) and `name.bias` where the table has it. `Gemm` takes the matrix as files store it, so that
   * nothing is turned round when a session is created.
   */
  linear(value: string, name: string, leading: readonly number[]): string {
    const weight = this.#entry(`${name}.weight`);
    const bias = this.#table.tensors.get(`${name}.bias`);
    const [outputs = 1, inputs = 1] = weight.shape;
    const rows = leading.reduce((product, side) => product * side, 1);
    const flat = leading.length === 1 ? value : this.node('Reshape', [value, this.integers([rows, inputs])]);
    const biases = bias ? [this.#inDtype(bias, this.#compute)] : [];
    const packed = packedMatrix(this.#table, weight.name);
    const shape = weight.shape.length === 2 ? undefined : [outputs, inputs];
    const product = packed
      ? this.#packedProduct(flat, packed, biases)
      : this.node('Gemm', [flat, this.weight(weight.name, shape), ...biases], { transB: { int: 1 } });
    return leading.length === 1
      ? product
      : this.node('Reshape', [product, this.integers([...leading, outputs])]);
  }

  #packedProduct(value: string, matrix: PackedMatrix, biases: readonly string[]): string {
    const weights = [this.#stored(matrix.values), this.#inDtype(matrix.scales, this.#compute)];
    if (matrix.zeros) weights.push(this.#stored(matrix.zeros));
    const product = this.contrib('MatMulNBits', [value, ...weights], packedAttributes(matrix));
    return biases[0] === undefined ? product : this.node('Add', [product, biases[0]]);
  }

  /**
   * The convolution that makes the pixels, from the compute dtype to fp32. Its sums need more than half
   * precision: they cost as much as all rounding before them. In halves, so that no tensor is larger than the
   * half-precision ones around it.
   */
  lastConvolution(input: string, name: string): string {
    if (this.#compute === 'f32') return this.convolution(input, name);
    const weight = this.#entry(`${name}.weight`);
    const [outputs = 0, inputs = 0, ...kernel] = weight.shape;
    const values = this.#inDtype(weight, 'f32');
    const middle = Math.ceil(inputs / 2);
    const part = (from: number, to: number, bias: readonly string[]): string => {
      const some = this.cast(this.#channels(input, from, to), 'f32');
      return this.#conv(some, [outputs, to - from, ...kernel], [this.#channels(values, from, to), ...bias]);
    };
    const first = part(0, middle, [this.#inDtype(this.#entry(`${name}.bias`), 'f32')]);
    const second = part(middle, inputs, []);
    return this.node('Add', [first, second]);
  }

  #conv(input: string, shape: readonly number[], weights: readonly string[], walk: Walk = {}): string {
    const [, inputs = 0, height = 1, width = 1] = shape;
    const { stride, pads } = walk;
    const [y, x] = [(height - 1) / 2, (width - 1) / 2];
    const conv = (map: string, some: readonly string[]): string =>
      this.node('Conv', [map, ...some], {
        kernel_shape: { ints: [height, width] },
        pads: { ints: pads ?? [y, x, y, x] },
        ...(stride === undefined ? {} : { strides: { ints: [stride, stride] } }),
      });
    const [most, [weight = '', ...bias]] = [inputsAtOnce(shape), weights];
    if (most === inputs) return conv(input, weights);
    const first = conv(this.#channels(input, 0, most), [this.#channels(weight, 0, most), ...bias]);
    const rest = conv(this.#channels(input, most, inputs), [this.#channels(weight, most, inputs)]);
    return this.node('Add', [first, rest]);
  }

  /** A range of the second dimension: channels of a picture, inputs of a convolution's weights. */
  #channels(value: string, start: number, end: number): string {
    return this.node('Slice', [value, this.integers([start]), this.integers([end]), this.integers([1])]);
  }

  leakyRelu(input: string, slope: number): string {
    return this.node('LeakyRelu', [input], { alpha: { float: slope } });
  }

  concat(inputs: readonly string[]): string {
    return this.node('Concat', inputs, { axis: { int: 1 } });
  }

  /** Repeats each pixel `factor` times in both directions. */
  nearest(input: string, factor: number): string {
    return this.node('Resize', [input, '', this.floats([1, 1, factor, factor])], {
      mode: { string: 'nearest' },
      nearest_mode: { string: 'floor' },
      coordinate_transformation_mode: { string: 'asymmetric' },
    });
  }

  /**
   * The means of a map's channels over the whole picture: [1, channels, 1, 1]. In a graph over tiles with means
   * known, mean number i < known is the fp32 input `mean_i`, and number `known` becomes the output: that of the map's part
   * from row and column `from` to before `to` (inputs, i64 [2]). In fp32 whatever the network computes in.
   */
  mean(value: string, channels: number): string {
    const index = this.#means++;
    const known = this.#known ?? Infinity;
    if (this.#known !== null && index < known) {
      this.#inputs.push({ name: `mean_${index}`, dtype: 'f32', shape: [1, channels, 1, 1] });
      return this.intoCompute(`mean_${index}`);
    }
    let part = value;
    if (index === known) {
      for (const name of ['from', 'to']) this.#inputs.push({ name, dtype: 'i64', shape: [2] });
      part = this.node('Slice', [value, 'from', 'to', this.integers([2, 3])]);
    }
    // Along rows first: sums of sums lose less than one long sum.
    const rows = this.node('ReduceMean', [this.outOfCompute(part)], {
      axes: { ints: [3] },
      keepdims: { int: 1 },
    });
    const mean = this.node('ReduceMean', [rows], { axes: { ints: [2] }, keepdims: { int: 1 } });
    if (index === known) this.#unknown = mean;
    return this.intoCompute(mean);
  }

  /** A stored tensor in the compute dtype, in the given shape or its own. */
  weight(name: string, shape?: readonly number[]): string {
    const entry = this.#entry(name);
    const value = this.#inDtype(entry, this.#compute);
    return shape ? this.node('Reshape', [value, this.integers(shape)]) : value;
  }

  /** Rows of a stored matrix by their numbers (i32 or i64): only those that are taken change their dtype. */
  rows(name: string, indices: string): string {
    const entry = this.#entry(name);
    if (entry.dtype !== 'f16' && entry.dtype !== 'f32')
      return this.node('Gather', [this.weight(name), indices]);
    const taken = this.node('Gather', [this.#stored(entry), indices]);
    return entry.dtype === this.#compute ? taken : this.cast(taken, this.#compute);
  }

  /** A stored tensor in fp32, for weights that are first computed from others: those sums are folded, and free. */
  exact(name: string, shape?: readonly number[]): string {
    const value = this.#inDtype(this.#entry(name), 'f32');
    return shape ? this.node('Reshape', [value, this.integers(shape)]) : value;
  }

  #inDtype(entry: TensorEntry, dtype: ComputeDtype): string {
    if (entry.dtype === 'i8' || entry.dtype === 'u8') {
      const value = this.#dequantised(entry);
      return dtype === 'f32' ? value : this.cast(value, dtype);
    }
    const stored = this.#stored(entry);
    return entry.dtype === dtype ? stored : this.cast(stored, dtype);
  }

  /**
   * One scale for the whole tensor, or one a group of inputs, [O, G, 1] over weights [O, I] or [O, I, k, k] seen as
   * [O, G, I/G * k * k], folded; or one an output, [O], which the runtime does not fold. In fp32 whatever is computed in.
   */
  #dequantised(entry: TensorEntry): string {
    const scaleEntry = this.#entry(scaleName(entry.name));
    const zeroEntry = this.#table.tensors.get(zeroName(entry.name));
    const scale = this.#single(scaleEntry);
    if (isChannelScale(scaleEntry, entry))
      return this.node('DequantizeLinear', [this.#stored(entry), scale], { axis: { int: 0 } });
    let value = this.cast(this.#stored(entry), 'f32');
    if (zeroEntry) value = this.node('Sub', [value, this.#single(zeroEntry)]);
    if (scaleEntry.shape.length < 3) return this.node('Mul', [value, scale]);
    const [outputs = 1, groups = 1] = scaleEntry.shape;
    const grouped = [outputs, groups, valueCount(entry.shape) / (outputs * groups)];
    const flat = this.node('Reshape', [value, this.integers(grouped)]);
    return this.node('Reshape', [this.node('Mul', [flat, scale]), this.integers(entry.shape)]);
  }

  #single(entry: TensorEntry): string {
    const stored = this.#stored(entry);
    return entry.dtype === 'f32' ? stored : this.cast(stored, 'f32');
  }

  #entry(name: string): TensorEntry {
    const entry = this.#table.tensors.get(name);
    invariant(entry, `No tensor ${name}: the table was not checked before its graph was built`);
    return entry;
  }

  #stored({ name, dtype, shape, offset, bytes }: TensorEntry): string {
    if (!this.#initializers.has(name)) {
      const data = { location: weightsPath, offset, length: bytes };
      this.#initializers.set(name, { name, dtype, shape, data });
    }
    return name;
  }

  #constant(
    name: string,
    dtype: Dtype,
    shape: readonly number[],
    values: ArrayBufferView<ArrayBuffer>,
  ): string {
    if (!this.#initializers.has(name)) {
      invariant(values.byteLength === valueCount(shape) * dtypeBytes[dtype], 'A constant has the wrong size');
      const inline = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      this.#initializers.set(name, { name, dtype, shape, data: { inline } });
    }
    return name;
  }

  /** The whole model of a graph whose ends are all named. */
  finishWith(outputs: readonly GraphOutput[], name: string): OnnxModel {
    const ends = outputs.map((output) => ({
      op: 'Identity',
      inputs: [output.value],
      outputs: [output.name],
    }));
    return {
      name,
      opset,
      inputs: this.#inputs,
      outputs: outputs.map((output) => ({ name: output.name, dtype: 'f32', shape: output.shape })),
      nodes: [...this.#nodes, ...ends],
      initializers: [...this.#initializers.values()],
    };
  }

  /** The whole model. `value` becomes `output`, or the mean that is wanted instead. */
  finish(value: string, name: string): OnnxModel {
    const result = this.#unknown ?? value;
    const all = [...this.#nodes, { op: 'Identity', inputs: [result], outputs: ['output'] }];
    const shape = this.#unknown ? [1, 'channels', 1, 1] : [1, 3, 'output_height', 'output_width'];
    const initializers = [...this.#initializers.values()];
    return {
      name,
      opset,
      inputs: this.#inputs,
      outputs: [{ name: 'output', dtype: 'f32', shape }],
      ...(this.#unknown ? needed(all, initializers) : { nodes: all, initializers }),
    };
  }
}
