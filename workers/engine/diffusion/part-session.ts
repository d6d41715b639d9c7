/** One part of a diffusion model, ready to run on one backend: named fp32 and int32 values in, fp32 values out. */

import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { weightsPath } from '../../../src/architectures/graph-builder.ts';
import type { Result } from '../../../src/base/result.ts';
import { gathered } from '../../../src/formats/onnx/gathered.ts';
import { writeOnnx } from '../../../src/formats/onnx/writer.ts';
import type { Backend } from '../backend.ts';
import { BlobBytes } from '../blob-bytes.ts';
import { sessionOptions, type Placement } from '../model-session.ts';
import type { PartGraph } from './onnx-graph.ts';
import { openReady, type ReadyRuntime } from './onnx-session.ts';

export type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

export interface PartSession {
  /** Values by the names of the graph's inputs, in its shapes. Failures: `out-of-memory`, `gpu-lost`. */
  run(
    inputs: Readonly<Record<string, Values>>,
  ): Promise<Result<Readonly<Record<string, Float32Array<ArrayBuffer>>>>>;
  release(): Promise<void>;
}

/** A graph that is written lies over `weights`. Failures: `out-of-memory`, `gpu-lost`; those of `openReady`. */
export type OpenPart = (graph: PartGraph, weights: Blob) => Promise<Result<PartSession>>;

/**
 * On the CPU weights in half precision are cast when they are used, one layer after another, and never kept twice as large. The runtime
 * has two ways to do that when a session is created: folding (only what has more bytes than this is left) and one for such weights alone.
 */
const unfolded = {
  optimization: {
    constant_folding_max_output_size_in_bytes: '65536',
    disable_specified_optimizers: 'FuseFp16InitializerToFp32NodeTransformer',
  },
};

/** Opens parts in the runtime of a backend. */
export function partOpener(
  { runtime, gate }: Backend,
  placement: Pick<Placement, 'backend' | 'device'>,
): OpenPart {
  return async (model, weights) => {
    if ('ready' in model) return openReady(model, readyRuntime(runtime, gate, placement));
    // With JSPI the runtime reads what it needs of a Blob. Other builds would read all of it, and count bytes in 32 bits.
    const own = runtime.build === 'jspi' ? { model, weights } : gathered(model, weights);
    const graph = { model: writeOnnx(own.model), external: [], scale: 1, io: 'f32' } as const;
    const data = runtime.build === 'jspi' ? own.weights : new BlobBytes(own.weights);
    const created = await gate.pass(() =>
      runtime.ort.InferenceSession.create(graph.model, {
        ...sessionOptions(graph, placement),
        externalData: [{ path: weightsPath, data }],
        ...(placement.backend === 'wasm' ? { extra: unfolded } : {}),
      }),
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

function readyRuntime(
  { ort, build }: Backend['runtime'],
  gate: Backend['gate'],
  placement: Pick<Placement, 'backend' | 'device'>,
): ReadyRuntime {
  return {
    Tensor: ort.Tensor,
    pass: (work) => gate.pass(work),
    create: ({ model, beside }, sides) => {
      const data = (blob: Blob): Blob | BlobBytes => (build === 'jspi' ? blob : new BlobBytes(blob));
      return gate.pass(() =>
        ort.InferenceSession.create(model, {
          ...sessionOptions({ model, external: [], scale: 1, io: 'f32' }, placement),
          externalData: beside.map(({ name, blob }) => ({ path: name, data: data(blob) })),
          freeDimensionOverrides: sides,
          ...(placement.backend === 'wasm' ? { extra: unfolded } : {}),
        }),
      );
    },
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
