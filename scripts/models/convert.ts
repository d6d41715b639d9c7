/** Published weights as a tensor table with canonical names, and the ways in which shipped files store them. */

import { ncnnNames, recognise, networkTensors, type Recognised } from '../../src/architectures/registry.ts';
import { scaleName } from '../../src/architectures/graph-builder.ts';
import { invariant } from '../../src/base/assert.ts';
import { failure, ok, type Result } from '../../src/base/result.ts';
import { fromHalfArray, toHalfArray } from '../../src/formats/float16.ts';
import type { NcnnNetwork } from '../../src/formats/ncnn/network.ts';
import { dtypeBytes, tensorBytes, valueCount } from '../../src/formats/tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from '../../src/formats/tensor-table.ts';
import { quantise } from './quantise.ts';

/** The weights of an ncnn network under the names that its family gives them. */
export function tableOfNcnn(network: NcnnNetwork): Result<TensorTable> {
  const names = ncnnNames(network.layers);
  if (!names) {
    return { ok: false, error: failure('model-unrecognised', 'No known family has such ncnn layers.') };
  }
  const weighty = network.layers.filter(({ weights }) => weights.length > 0);
  const tensors = new Map<string, TensorEntry>();
  weighty.forEach(({ weights }, index) => {
    for (const { role, dtype, shape, offset, bytes } of weights) {
      const name = `${names[index] ?? ''}.${role === 'bias' ? 'bias' : 'weight'}`;
      tensors.set(name, { name, dtype, shape, offset, bytes });
    }
  });
  return ok({ blob: network.blob, tensors });
}

/** A table put together tensor by tensor. */
export class TableWriter {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];
  readonly #tensors = new Map<string, TensorEntry>();
  #offset = 0;

  add(name: string, dtype: Dtype, shape: readonly number[], values: ArrayBufferView<ArrayBuffer>): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    invariant(bytes.length === valueCount(shape) * dtypeBytes[dtype], `${name} has the wrong size`);
    this.#tensors.set(name, { name, dtype, shape, offset: this.#offset, bytes: bytes.length });
    this.#parts.push(bytes);
    this.#offset += bytes.length;
  }

  finish(): TensorTable {
    return { blob: new Blob(this.#parts), tensors: this.#tensors };
  }
}

/** The values of an fp16 or fp32 tensor, in fp32. */
export async function floatValues(table: TensorTable, name: string): Promise<Float32Array<ArrayBuffer>> {
  const entry = table.tensors.get(name);
  invariant(entry, `No tensor ${name}`);
  const { buffer } = await tensorBytes(table, entry);
  invariant(entry.dtype === 'f16' || entry.dtype === 'f32', `${name} is ${entry.dtype}`);
  return entry.dtype === 'f16' ? fromHalfArray(new Uint16Array(buffer)) : new Float32Array(buffer);
}

/** How many convolutions at either end keep fp16, and how many inputs share a scale between them. */
const ends = 4;
const group = 8;

/** 8-bit weights in groups with the ends in fp16; biases and slopes stay fp32. */
export async function storeQ8(table: TensorTable, { family, structure }: Recognised): Promise<TensorTable> {
  const specs = networkTensors(family, structure);
  const convolutions = specs.filter(({ shape }) => shape.length === 4).map(({ name }) => name);
  const kept = new Set([...convolutions.slice(0, ends), ...convolutions.slice(-ends)]);
  const writer = new TableWriter();
  for (const { name, shape } of specs) {
    const values = await floatValues(table, name);
    if (shape.length !== 4) writer.add(name, 'f32', shape, values);
    else if (kept.has(name)) writer.add(name, 'f16', shape, toHalfArray(values));
    else {
      const [outputs = 0, inputs = 0] = shape;
      const { integers, scales } = quantise(values, outputs * (inputs / group));
      writer.add(name, 'i8', shape, integers);
      writer.add(scaleName(name), 'f16', [outputs, inputs / group, 1], scales);
    }
  }
  return writer.finish();
}

/** Fp16 convolutions, fp32 biases and slopes: what the ncnn files hold, bit by bit. */
export async function storeFp16(table: TensorTable, { family, structure }: Recognised): Promise<TensorTable> {
  const writer = new TableWriter();
  for (const { name, shape } of networkTensors(family, structure)) {
    const values = await floatValues(table, name);
    if (shape.length === 4) writer.add(name, 'f16', shape, toHalfArray(values));
    else writer.add(name, 'f32', shape, values);
  }
  return writer.finish();
}

export function recognised(table: TensorTable): Recognised {
  const result = recognise(table);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
