/** Whether a diffusion model fits a device, before anything of it is loaded: an estimate from what browsers tell. */

import type { DiffusionKind, DiffusionPart } from './diffusion-entry.ts';

export interface FitDevice {
  readonly backend: 'webgpu' | 'wasm';
  /** The GPU computes in half precision (shader-f16). */
  readonly half: boolean;
  /** In GB, as browsers round it (8 and more is 8 in most); null where they do not say. */
  readonly memory: number | null;
  readonly phone: boolean;
}

export type FitReason =
  | 'gpu'
  | 'little-memory'
  | 'no-half'
  | 'no-half-large'
  | 'phone'
  | 'phone-large'
  | 'cpu'
  | 'cpu-slow'
  | 'cpu-large'
  | 'unknown';

export interface Fit {
  readonly verdict: 'fits' | 'doubtful' | 'too-large';
  readonly reason: FitReason;
  /** Bytes while it works, weights and tiles together. */
  readonly need: number;
  /** The same of a copy in 8 bits. */
  readonly packed: number;
}

type Calls = Readonly<Partial<Record<DiffusionKind, number>>>;

/**
 * Bytes beside the weights while a part is called for 512 x 512 pixels: values and what the runtime keeps of them for others of their size
 * on a GPU (two predictions at once in half precision; in full precision one, and tiles of 352 pixels for the VAE), values alone on the
 * CPU. Reckoned from the graphs of Stable Diffusion 1.5, which `scripts/reference/full-size-memory.test.ts` does again.
 */
export const callBytes: Readonly<Record<'half' | 'single' | 'cpu', Calls>> = {
  half: {
    unet: 0.58e9,
    controlnet: 0.35e9,
    'vae-encoder': 0.53e9,
    'vae-decoder': 1.04e9,
    'taesd-encoder': 0.14e9,
    'taesd-decoder': 0.16e9,
  },
  single: {
    unet: 0.71e9,
    controlnet: 0.69e9,
    'vae-encoder': 0.53e9,
    'vae-decoder': 1e9,
    'taesd-encoder': 0.27e9,
    'taesd-decoder': 0.27e9,
  },
  cpu: {
    unet: 0.31e9,
    controlnet: 0.31e9,
    'vae-encoder': 0.54e9,
    'vae-decoder': 1.07e9,
    'taesd-encoder': 0.2e9,
    'taesd-decoder': 0.2e9,
  },
};
/** A number of the weights in half precision, which the CPU widens only where it is used. */
const halfBytes = 2;
/** Where a GPU has no half precision, parts are brought to 8 bits (with scales, and some tensors in 16), and small ones widened. */
const packedBytes = 1.06;
const wideBytes = 4;
/** As `computable.ts` has it: 128 MiB in half precision. */
const mostWideValues = 2 ** 26;
/** The runtime itself, on the CPU in the same memory as everything else. */
const runtimeBytes = { half: 0, single: 0, cpu: 0.3e9 } as const;
/** The address space of WebAssembly is 4 GiB, of which the runtime cannot use all. */
const mostWasm = 3.6e9;
/** A browser closes pages of phones at about this. */
const mostPhone = 1.6e9;
/** What most graphics cards without half precision, integrated ones, can spare. */
const mostPlainGpu = 3e9;
/** The part of a small device's memory that a page's GPU work may take. */
const share = 0.5;
/** Browsers that tell no more say so of every device with as much. */
const plenty = 8;
/** UNets with more numbers than this take the CPU many minutes a step. */
const fewValues = 0.5e9;

/**
 * How many numbers are in memory at once: each part works alone, but for UNet and ControlNet, which take turns within a step. LoRAs
 * are merged and add nothing.
 */
export function residentValues(parts: readonly DiffusionPart[]): number {
  const most = (kind: DiffusionPart['kind']): number =>
    Math.max(0, ...parts.filter((part) => part.kind === kind).map(({ values }) => values));
  return Math.max(
    most('unet') + most('controlnet'),
    most('text-encoder'),
    most('vae-encoder'),
    most('vae-decoder'),
    most('taesd-encoder'),
    most('taesd-decoder'),
    most('ldsr-unet'),
    most('ldsr-decoder'),
  );
}

type Weigh = (values: number) => number;

const weighs: Readonly<Record<keyof typeof callBytes, Weigh>> = {
  half: (values) => values * halfBytes,
  single: (values) => values * (values > mostWideValues ? packedBytes : wideBytes),
  cpu: (values) => values * halfBytes,
};

/** Each part works alone, but for UNet and ControlNet. */
function neededBytes(parts: readonly DiffusionPart[], how: keyof typeof callBytes, weigh: Weigh): number {
  const most = (wanted: DiffusionKind): number =>
    Math.max(
      0,
      ...parts
        .filter(({ kind }) => kind === wanted)
        .map(({ kind, values }) => weigh(values) + (callBytes[how][kind] ?? 0)),
    );
  const kinds = [...new Set(parts.map(({ kind }) => kind))];
  return Math.max(most('unet') + most('controlnet'), ...kinds.map(most)) + runtimeBytes[how];
}

/** Bytes a number: 2 in half precision, hardly more than 1 in 8 bits. */
const unpacked = 1.5;

interface KeptFiles {
  readonly parts: readonly DiffusionPart[];
  /** Of all of them. */
  readonly bytes: number;
}

/** Whether they have fewer bits than half precision. */
export function isPacked({ parts, bytes }: KeptFiles): boolean {
  return bytes < unpacked * parts.reduce((sum, { values }) => sum + values, 0);
}

/** The same of kept files, which may have few bits, or be graphs that run as they are. */
export function fitOfKept(kept: KeptFiles, device: FitDevice | null): Fit {
  const { parts, bytes } = kept;
  if (!isPacked(kept) && !parts.some(({ ready }) => ready)) return fitOf(parts, device);
  return fitOf(parts, device, bytes / parts.reduce((sum, { values }) => sum + values, 0));
}

/** What a set of parts in half precision, or of so many bytes a number, needs on a device, and whether that is there. */
export function fitOf(parts: readonly DiffusionPart[], device: FitDevice | null, bytesEach?: number): Fit {
  const how = device?.backend === 'wasm' ? 'cpu' : device === null || device.half ? 'half' : 'single';
  const weigh: Weigh = bytesEach === undefined ? weighs[how] : (values) => values * bytesEach;
  const need = neededBytes(parts, how, weigh);
  const packed = neededBytes(parts, how, (values) => values * packedBytes);
  const fit = (verdict: Fit['verdict'], reason: FitReason): Fit => ({ verdict, reason, need, packed });
  if (device === null) return fit('doubtful', 'unknown');
  const { backend, memory, phone } = device;
  if (phone) return need > mostPhone ? fit('too-large', 'phone-large') : fit('doubtful', 'phone');
  if (backend === 'wasm') {
    if (need > mostWasm) return fit('too-large', 'cpu-large');
    return fit('doubtful', residentValues(parts) > fewValues ? 'cpu-slow' : 'cpu');
  }
  if (how === 'single') {
    if (need > mostPlainGpu) return fit('too-large', 'no-half-large');
    return bytesEach === undefined ? fit('doubtful', 'no-half') : fit('fits', 'gpu');
  }
  const little = memory !== null && memory < plenty && need > memory * 1e9 * share;
  return little ? fit('doubtful', 'little-memory') : fit('fits', 'gpu');
}
