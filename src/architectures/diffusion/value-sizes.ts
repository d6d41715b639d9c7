/** How many bytes each value of a graph with fixed shapes has: what a device must bind for it. */

import type { OnnxModel } from '../../formats/onnx/model.ts';
import { onnxType } from '../../formats/onnx/model.ts';
import { dtypeBytes, valueCount } from '../../formats/tensor-bytes.ts';
import type { Dtype } from '../../formats/tensor-table.ts';
import { valueShapes } from './value-shapes.ts';

export interface ValueSize {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Every input, weight and value. */
export function valueSizes(model: OnnxModel): ValueSize[] {
  const shapes = valueShapes(model);
  const dtypes = new Map([...model.inputs, ...model.initializers].map(({ name, dtype }) => [name, dtype]));
  for (const { op, inputs, outputs, attributes } of model.nodes) {
    const to = attributes?.['to'];
    const cast = op === 'Cast' && to && 'int' in to ? dtypeOf(to.int) : undefined;
    // Integers become what their scales are.
    const first = inputs[op === 'DequantizeLinear' ? 1 : 0] ?? '';
    const dtype = op === 'ArgMax' ? 'i64' : (cast ?? dtypes.get(first) ?? 'f32');
    for (const name of outputs) dtypes.set(name, dtype);
  }
  return [...shapes].map(([name, shape]) => {
    return { name, shape, bytes: valueCount(shape) * dtypeBytes[dtypes.get(name) ?? 'f32'] };
  });
}

function dtypeOf(type: number): Dtype | undefined {
  const dtypes = Object.keys(onnxType) as Dtype[]; // all keys are
  return dtypes.find((dtype) => onnxType[dtype] === type);
}
