/** Runs a part of a diffusion model in Node, for tests: its graph with the weights beside it. */

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { weightsPath } from '../../src/architectures/graph-builder.ts';
import type { OnnxModel } from '../../src/formats/onnx/model.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';

/** Whether there is a GPU driver for half precision: see half-precision.test.ts. */
export const hasGpu = process.env['VK_DRIVER_FILES'] !== undefined;

/**
 * fp32 and int32 inputs by name; their shapes are the graph's. Every output by name. The CPU computes in fp32 whatever a graph
 * says; `webgpu` does not.
 */
export async function runModel(
  model: OnnxModel,
  weights: Blob,
  inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  on: 'cpu' | 'webgpu' = 'cpu',
): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(writeOnnx(model), {
    executionProviders: [on],
    externalData: [{ path: weightsPath, data: new Uint8Array(await weights.arrayBuffer()) }],
    intraOpNumThreads: 2,
    logSeverityLevel: 3,
  });
  const feeds = model.inputs.map(({ name, shape }): [string, Tensor] => {
    const values = inputs[name];
    if (!values || !shape) throw new Error(`No values for the input ${name}`);
    const dims = shape.map(Number);
    return [
      name,
      values instanceof Float32Array
        ? new Tensor('float32', values, dims)
        : new Tensor('int32', values, dims),
    ];
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => {
      if (!(data instanceof Float32Array)) throw new Error(`The output ${name} is not fp32`);
      return [name, data];
    }),
  );
}

/** How far values are from expected ones: the norm of the difference over the norm of the expected. */
export function relativeError(values: Float32Array, expected: Float32Array): number {
  if (values.length !== expected.length)
    throw new RangeError(`${values.length} values against ${expected.length}`);
  let [off, size] = [0, 0];
  expected.forEach((wanted, at) => {
    off += ((values[at] ?? NaN) - wanted) ** 2;
    size += wanted ** 2;
  });
  return Math.sqrt(off / size);
}
