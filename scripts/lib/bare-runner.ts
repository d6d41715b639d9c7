/** Runs the bare graph of a foreign network by onnxruntime-node, for probing without a browser. */

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { fromThrown, ok } from '../../src/base/result.ts';
import type { OpenBare } from '../../workers/engine/probe/bare-runner.ts';

/** As the engine's, but all weights are read into memory. */
export const openBare: OpenBare = async ({ model, external, ends }) => {
  const data = await Promise.all(
    external.map(async ({ path, blob }) => ({ path, data: new Uint8Array(await blob.arrayBuffer()) })),
  );
  try {
    const session = await InferenceSession.create(model, { externalData: data, logSeverityLevel: 4 });
    const { input, output } = ends ?? { input: 'input', output: 'output' };
    return ok({
      run: async ({ data: values, shape }) => {
        try {
          const result = (await session.run({ [input]: new Tensor('float32', values, shape) }))[output];
          if (!(result?.data instanceof Float32Array)) throw new Error('The network gave no floats.');
          return ok({ data: result.data, shape: result.dims });
        } catch (thrown) {
          return { ok: false, error: fromThrown(thrown) };
        }
      },
      release: () => session.release(),
    });
  } catch (thrown) {
    return { ok: false, error: fromThrown(thrown) };
  }
};
