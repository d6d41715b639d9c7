/**
 * Which backend runs the networks. Found once at the start by what the browser has, then corrected by
 * what the first model's golden tile and timings say. Every change carries its reason.
 */

import { fail, ok, type Result } from '../../src/base/result.ts';
import type {
  AdapterReport,
  BackendName,
  BackendReason,
  BackendReport,
  Precision,
} from '../../src/protocol/backend.ts';
import type { EngineOptions } from '../../src/protocol/engine.ts';
import { openGpu, type Gpu } from './gpu-device.ts';
import { OrtGate } from './ort-gate.ts';
import { buildIsServed, gpuBuild, loadRuntime, threadCount, type Runtime } from './runtime.ts';

export class Backend {
  readonly runtime: Runtime;
  readonly gate: OrtGate;
  readonly gpu: Gpu | null;
  readonly #adapter: AdapterReport | null;
  #name: BackendName;
  #reason: BackendReason;
  #precision: Precision;
  /** True until the first model was measured on both backends. */
  undecided: boolean;

  constructor(
    runtime: Runtime,
    gpu: Gpu | null,
    adapter: AdapterReport | null,
    reason: BackendReason,
    undecided: boolean,
  ) {
    this.runtime = runtime;
    this.gpu = gpu;
    this.gate = new OrtGate(gpu?.lost ?? null);
    this.#adapter = adapter;
    this.#name = gpu ? 'webgpu' : 'wasm';
    this.#reason = reason;
    this.#precision = gpu?.adapter.shaderF16 ? 'fp16' : 'fp32';
    this.undecided = undecided;
  }

  get report(): BackendReport {
    return {
      backend: this.#name,
      build: this.runtime.build,
      precision: this.#precision,
      threads: this.runtime.threads,
      adapter: this.#adapter,
      reason: this.#reason,
      wasmUrl: this.runtime.wasmUrl,
    };
  }

  settle(name: BackendName, reason: BackendReason, precision: Precision): void {
    this.#name = name;
    this.#reason = reason;
    this.#precision = precision;
    this.undecided = false;
  }
}

export async function startBackend({ choice, threads, because }: EngineOptions): Promise<Result<Backend>> {
  const count = threadCount(threads);
  if (choice === 'wasm') return withoutGpu(null, because ?? 'chosen', count);
  const search = await openGpu(choice === 'webgpu');
  if (search.kind !== 'found') {
    if (choice === 'webgpu') {
      return fail(
        'gpu-unavailable',
        'WebGPU was asked for, but this browser offers no GPU adapter. Choose "Auto" or "WASM", or turn on hardware acceleration in the browser.',
      );
    }
    return withoutGpu(search.adapter, search.kind === 'software' ? 'software-adapter' : 'no-webgpu', count);
  }
  const { gpu } = search;
  const asked = choice === 'webgpu';
  if (!asked && gpuBuild() === 'webgpu' && !(await buildIsServed('webgpu'))) {
    gpu.device.destroy();
    return withoutGpu(gpu.adapter, 'no-runtime', count);
  }
  const runtime = await loadRuntime(gpuBuild(), count);
  if (!runtime.ok) return runtime;
  return ok(new Backend(runtime.value, gpu, gpu.adapter, asked ? 'chosen' : 'gpu-faster', !asked));
}

async function withoutGpu(
  adapter: AdapterReport | null,
  reason: BackendReason,
  threads: number,
): Promise<Result<Backend>> {
  const runtime = await loadRuntime('wasm', threads);
  return runtime.ok ? ok(new Backend(runtime.value, null, adapter, reason, false)) : runtime;
}
