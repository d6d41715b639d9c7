/** Published weights as a tensor table with canonical names. */

import { recognise, type Recognised } from '../../src/architectures/registry.ts';
import { scaleName, zeroName } from '../../src/architectures/graph-builder.ts';
import { invariant } from '../../src/base/assert.ts';
import { fromHalfArray } from '../../src/formats/float16.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import { tensorBytes } from '../../src/formats/tensor-bytes.ts';
import type { TfjsWeights } from '../../src/formats/tfjs/reader.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';

/**
 * The weights of a Keras network under PyTorch's names and order of dimensions. Kernels stay the 8-bit
 * integers or fp32 values that were published; biases, which are few, become fp32.
 */
export async function tableOfTfjs({ table, affine }: TfjsWeights): Promise<TensorTable> {
  const writer = new TableWriter();
  for (const entry of table.tensors.values()) {
    const [layer = '', role] = entry.name.split('/');
    const { scale, min } = affine.get(entry.name) ?? {};
    if (entry.dtype === 'f32') {
      const values = await floatValues(table, entry.name);
      if (role === 'bias') writer.add(`${layer}.bias`, 'f32', entry.shape, values);
      else {
        const turned = new Float32Array(values.length);
        writer.add(`${layer}.weight`, 'f32', toOihw(values, turned, entry.shape), turned);
      }
      continue;
    }
    invariant(entry.dtype === 'u8' && scale !== undefined && min !== undefined, `${entry.name} is not 8-bit`);
    const integers = await tensorBytes(table, entry);
    if (role === 'bias') {
      writer.add(
        `${layer}.bias`,
        'f32',
        entry.shape,
        Float32Array.from(integers, (q) => q * scale + min),
      );
      continue;
    }
    // TensorFlow.js chooses `min` so that zero is one of the levels.
    const zero = Math.round(-min / scale);
    invariant(Math.abs(zero * scale + min) < 1e-6 * scale * 255, `${entry.name} has no exact zero`);
    const name = `${layer}.weight`;
    const turned = new Uint8Array(integers.length);
    writer.add(name, 'u8', toOihw(integers, turned, entry.shape), turned);
    writer.add(scaleName(name), 'f32', [1], Float32Array.of(scale));
    writer.add(zeroName(name), 'u8', [1], Uint8Array.of(zero));
  }
  return writer.finish();
}

/** Height, width, inputs, outputs to outputs, inputs, height, width; returns the new shape. */
function toOihw<T extends Uint8Array | Float32Array>(
  values: T,
  turned: T,
  [height = 0, width = 0, inputs = 0, outputs = 0]: readonly number[],
): number[] {
  const area = height * width;
  let from = 0;
  for (let pixel = 0; pixel < area; pixel++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        turned[(output * inputs + input) * area + pixel] = values[from++] as number;
      }
    }
  }
  return [outputs, inputs, height, width];
}

/** The values of an fp16 or fp32 tensor, in fp32. */
export async function floatValues(table: TensorTable, name: string): Promise<Float32Array<ArrayBuffer>> {
  const entry = table.tensors.get(name);
  invariant(entry, `No tensor ${name}`);
  const { buffer } = await tensorBytes(table, entry);
  invariant(entry.dtype === 'f16' || entry.dtype === 'f32', `${name} is ${entry.dtype}`);
  return entry.dtype === 'f16' ? fromHalfArray(new Uint16Array(buffer)) : new Float32Array(buffer);
}

export function recognised(table: TensorTable): Recognised {
  const result = recognise(table);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
