/** What runs the networks, and how that was found out. */

export type BackendChoice = 'auto' | 'webgpu' | 'wasm';
export type BackendName = 'webgpu' | 'wasm';
export type Precision = 'fp16' | 'fp32';

/** The onnxruntime-web build in use: WebGPU by JSPI, WebGPU by Asyncify, or CPU only. */
export type RuntimeBuild = 'jspi' | 'webgpu' | 'wasm';

/** Why this backend: always shown, never a silent fallback. */
export type BackendReason =
  | 'chosen' // asked for by name
  | 'gpu-faster' // measured: the GPU is trusted and faster
  | 'cpu-faster' // measured: WASM is faster than this GPU
  | 'no-webgpu' // the browser has no WebGPU, or gives no adapter
  | 'software-adapter' // WebGPU would be computed by the CPU: only when asked for by name
  | 'no-runtime' // this server does not hold the runtime that this browser's WebGPU needs
  | 'gpu-untrusted' // the golden tile came back wrong
  | 'gpu-lost'; // the GPU was lost again and again

export interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly fallback: boolean;
  readonly shaderF16: boolean;
}

export interface BackendReport {
  readonly backend: BackendName;
  readonly build: RuntimeBuild;
  readonly precision: Precision;
  /** WASM threads (1 without cross-origin isolation). */
  readonly threads: number;
  readonly adapter: AdapterReport | null;
  readonly reason: BackendReason;
  /** URL of the wasm file in use, so that the page can keep it for offline. */
  readonly wasmUrl: string;
}

/** One network on one backend of this device. */
export interface Measurement {
  readonly model: string;
  readonly backend: BackendName;
  readonly precision: Precision;
  /** Input pixels a second, in a warmed-up run. */
  readonly pixelsPerSecond: number;
}
