/** The network alone: one `session.run` over the whole picture, with nothing of the engine around it. */

import { expose } from 'comlink';
import type { ModelSource } from '../../src/protocol/engine.ts';
import { createSession, readTable } from '../../workers/engine/model-session.ts';
import { OrtGate } from '../../workers/engine/ort-gate.ts';
import { loadRuntime } from '../../workers/engine/runtime.ts';
import { must } from './must.ts';

const api = {
  /** Milliseconds of each run. */
  async run(model: ModelSource, width: number, height: number, threads: number, rounds: number) {
    const runtime = must(await loadRuntime('wasm', threads));
    const placement = { backend: 'wasm', precision: 'fp32', device: null } as const;
    const table = must(await readTable(model));
    const session = must(await createSession(runtime, new OrtGate(null), model.card, table, placement));
    const planes = new Float32Array(3 * width * height).fill(0.5);
    must(await session.run(planes.slice(0, 3 * 64 * 64), { width: 64, height: 64 })); // warm-up
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      must(await session.run(planes, { width, height }));
      times.push(performance.now() - start);
    }
    return times;
  },
};

export type BareApi = typeof api;

expose(api);
