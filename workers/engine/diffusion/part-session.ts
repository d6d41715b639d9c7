/** One part of a diffusion model, ready to run on one backend: named fp32 and int32 values in, fp32 values out. */

import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { weightsPath } from '../../../src/architectures/graph-builder.ts';
import type { Result } from '../../../src/base/result.ts';
import type { OnnxModel } from '../../../src/formats/onnx/model.ts';
import { writeOnnx } from '../../../src/formats/onnx/writer.ts';
import type { Backend } from '../backend.ts';
import { sessionOptions, type Placement } from '../model-session.ts';

export type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

export interface PartSession {
  /** Values by the names of the graph's inputs, in its shapes. Failures: `out-of-memory`, `gpu-lost`. */
  run(
    inputs: Readonly<Record<string, Values>>,
  ): Promise<Result<Readonly<Record<string, Float32Array<ArrayBuffer>>>>>;
  release(): Promise<void>;
}

/** `model` lies over `weights`. Failures: `out-of-memory`, `gpu-lost`. */
export type OpenPart = (model: OnnxModel, weights: Blob) => Promise<Result<PartSession>>;

/** Opens parts in the runtime of a backend. */
export function partOpener(
  { runtime, gate }: Backend,
  placement: Pick<Placement, 'backend' | 'device'>,
): OpenPart {
  return async (model, weights) => {
    const graph = {
      model: writeOnnx(model),
      external: [{ path: weightsPath, blob: weights }],
      scale: 1,
      io: 'f32',
    } as const;
    const created = await gate.pass(() =>
      runtime.ort.InferenceSession.create(graph.model, sessionOptions(graph, placement)),
    );
    if (!created.ok) return created;
    const session = created.value;
    const tensorOf = (name: string, values: Values): Tensor => {
      const dims = model.inputs.find((input) => input.name === name)?.shape?.map(Number);
      if (!dims) throw new Error(`The graph of ${model.name} has no input ${name}.`);
      return values instanceof Float32Array
        ? new runtime.ort.Tensor('float32', values, dims)
        : new runtime.ort.Tensor('int32', values, dims);
    };
    return {
      ok: true,
      value: {
        run: (inputs) =>
          gate.pass(async () => {
            const feeds = Object.entries(inputs).map(
              ([name, values]) => [name, tensorOf(name, values)] as const,
            );
            return floatsOf(await session.run(Object.fromEntries(feeds)));
          }),
        release: async () => {
          await gate.pass(() => session.release());
        },
      },
    };
  };
}

function floatsOf(results: InferenceSession.OnnxValueMapType): Record<string, Float32Array<ArrayBuffer>> {
  const values: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const [name, { data }] of Object.entries(results)) {
    if (!(data instanceof Float32Array)) throw new Error(`The output ${name} is not fp32.`);
    values[name] = data as Float32Array<ArrayBuffer>;
  }
  return values;
}
