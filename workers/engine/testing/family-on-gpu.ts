/** Tiny networks of any family on the software GPU against the CPU, one run each, by the engine's own sessions. */

import type { Result } from '../../../src/base/result.ts';
import { goldenSide, goldenTile } from '../golden.ts';
import { openGpu, type Gpu } from '../gpu-device.ts';
import { createSession, readTable } from '../model-session.ts';
import { OrtGate } from '../ort-gate.ts';
import { gpuBuild, loadRuntime, type Runtime } from '../runtime.ts';
import { familyModel } from './family-model.ts';

export interface Desks {
  readonly runtime: Runtime;
  readonly gpu: Gpu;
  readonly gate: OrtGate;
}

export async function openDesks(): Promise<Desks> {
  const search = await openGpu(true);
  if (search.kind !== 'found') throw new Error('No GPU, not even a software one.');
  return {
    runtime: must(await loadRuntime(gpuBuild(), 2)),
    gpu: search.gpu,
    gate: new OrtGate(search.gpu.lost),
  };
}

/** The largest difference between both results for the golden tile; NaN counts as infinite. */
export async function differenceOnGpu({ runtime, gpu, gate }: Desks, fixture: string): Promise<number> {
  const model = await familyModel(fixture);
  const table = must(await readTable(model));
  const results: Float32Array[] = [];
  for (const backend of ['wasm', 'webgpu'] as const) {
    const placement = { backend, precision: 'fp32', device: gpu.device } as const;
    const session = must(await createSession(runtime, gate, model.card, table, placement));
    results.push(must(await session.run(goldenTile(), { width: goldenSide, height: goldenSide })));
    await session.release();
  }
  const [cpu = new Float32Array(), found = new Float32Array()] = results;
  return cpu.reduce((most, value, at) => {
    const off = Math.abs(value - (found[at] ?? NaN));
    return off <= most ? most : Number.isNaN(off) ? Infinity : off;
  }, 0);
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
