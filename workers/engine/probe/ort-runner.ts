/** Runs a bare graph by the engine's runtime, on the CPU. */

import type { BuiltGraph } from '../../../src/architectures/built-graph.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import type { Backend } from '../backend.ts';
import { sessionOptions } from '../model-session.ts';
import type { BareRunner, OpenBare, Values } from './bare-runner.ts';

export function ortRunner({ runtime, gate }: Pick<Backend, 'runtime' | 'gate'>): OpenBare {
  return async (graph: BuiltGraph): Promise<Result<BareRunner>> => {
    const options = sessionOptions(graph, { backend: 'wasm', device: null });
    const session = await gate.pass(() => runtime.ort.InferenceSession.create(graph.model, options));
    if (!session.ok) return session;
    const { input, output } = graph.ends ?? { input: 'input', output: 'output' };
    return ok({
      run: ({ data, shape }: Values) =>
        gate.pass(async () => {
          const given = new runtime.ort.Tensor('float32', data, [...shape]);
          const result = (await session.value.run({ [input]: given }))[output];
          if (!(result?.data instanceof Float32Array)) throw new Error('The network gave no floats.');
          return { data: result.data, shape: result.dims };
        }),
      release: async () => {
        await gate.pass(() => session.value.release());
      },
    });
  };
}
