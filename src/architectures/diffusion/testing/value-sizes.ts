/** How many bytes each value of a graph with fixed shapes has, for tests of what a device's binding limit allows. */

import type { OnnxModel } from '../../../formats/onnx/model.ts';
import { onnxType } from '../../../formats/onnx/model.ts';
import { dtypeBytes, valueCount } from '../../../formats/tensor-bytes.ts';
import type { Dtype } from '../../../formats/tensor-table.ts';
import { valueShapes } from '../value-shapes.ts';

export interface ValueSize {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Every input, weight and value, and of each attention the logits that it may be computed with. */
export function valueSizes(model: OnnxModel): ValueSize[] {
  const shapes = valueShapes(model);
  const dtypes = new Map([...model.inputs, ...model.initializers].map(({ name, dtype }) => [name, dtype]));
  for (const { op, inputs, outputs, attributes } of model.nodes) {
    const to = attributes?.['to'];
    const cast = op === 'Cast' && to && 'int' in to ? dtypeOf(to.int) : undefined;
    const dtype = op === 'ArgMax' ? 'i64' : (cast ?? dtypes.get(inputs[0] ?? '') ?? 'f32');
    for (const name of outputs) dtypes.set(name, dtype);
    if (op !== 'MultiHeadAttention') continue;
    const heads = attributes?.['num_heads'];
    const [batch = 1, rows = 1] = shapes.get(inputs[0] ?? '') ?? [];
    const [, columns = 1] = shapes.get(inputs[1] ?? '') ?? [];
    const logits = `${outputs[0] ?? ''} logits`;
    shapes.set(logits, [batch, heads && 'int' in heads ? heads.int : 1, rows, columns]);
    dtypes.set(logits, dtype);
  }
  return [...shapes].map(([name, shape]) => {
    return { name, shape, bytes: valueCount(shape) * dtypeBytes[dtypes.get(name) ?? 'f32'] };
  });
}

function dtypeOf(type: number): Dtype | undefined {
  const dtypes = Object.keys(onnxType) as Dtype[]; // all keys are
  return dtypes.find((dtype) => onnxType[dtype] === type);
}
