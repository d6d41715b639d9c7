/**
 * Loads the one onnxruntime-web build that this worker uses. Never the bare import (its JSEP backend is
 * deprecated) and never a CDN: the wasm file and its glue are assets of the app.
 */

import type * as Ort from 'onnxruntime-web';
import asyncifyGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import cpuGlueUrl from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import cpuUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { fail, ok, type Result } from '../../src/base/result.ts';
import type { RuntimeBuild } from '../../src/protocol/backend.ts';

export interface Runtime {
  readonly ort: typeof Ort;
  readonly build: RuntimeBuild;
  readonly threads: number;
  readonly wasmUrl: string;
}

/** More threads than this bring nothing for convolutions of our size, and starve the page. */
const mostThreads = 8;

const builds: Record<RuntimeBuild, { load: () => Promise<typeof Ort>; wasm: string; glue: string }> = {
  jspi: { load: () => import('onnxruntime-web/jspi'), wasm: jspiUrl, glue: jspiGlueUrl },
  webgpu: { load: () => import('onnxruntime-web/webgpu'), wasm: asyncifyUrl, glue: asyncifyGlueUrl },
  wasm: { load: () => import('onnxruntime-web/wasm'), wasm: cpuUrl, glue: cpuGlueUrl },
};

/** The build for a GPU: JSPI where the browser has it (smaller, streams Blobs), else Asyncify. */
export function gpuBuild(): RuntimeBuild {
  return 'Suspending' in WebAssembly ? 'jspi' : 'webgpu';
}

/** Whether the build's wasm file is there: some hosts refuse files over 25 MiB, which Asyncify's is. */
export async function buildIsServed(build: RuntimeBuild): Promise<boolean> {
  try {
    return (await fetch(builds[build].wasm, { method: 'HEAD' })).ok;
  } catch {
    return true; // Offline: it may be in the cache, where a HEAD does not find it.
  }
}

/** Threads need shared memory, which needs cross-origin isolation. */
export function threadCount(wanted = Number.POSITIVE_INFINITY): number {
  if (!self.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(navigator.hardwareConcurrency, mostThreads, wanted));
}

export async function loadRuntime(build: RuntimeBuild, threads: number): Promise<Result<Runtime>> {
  const { load, wasm, glue } = builds[build];
  const wasmUrl = new URL(wasm, self.location.href).href;
  try {
    const ort = await load();
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = { wasm: wasmUrl, mjs: new URL(glue, self.location.href).href };
    ort.env.logLevel = 'error';
    return ok({ ort, build, threads, wasmUrl });
  } catch (thrown) {
    return fail(
      'internal',
      `The runtime for the networks could not be loaded (${String(thrown)}). Reload the page; offline, visit once with a network first.`,
    );
  }
}
