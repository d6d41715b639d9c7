/** Whether a diffusion model fits a device, before anything of it is loaded: an estimate from what browsers tell. */

import type { DiffusionPart } from './diffusion-entry.ts';

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
  | 'cpu-large'
  | 'unknown';

export interface Fit {
  readonly verdict: 'fits' | 'doubtful' | 'too-large';
  readonly reason: FitReason;
  /** Bytes while it works, weights and tiles together. */
  readonly need: number;
}

/** What tiles of 512 pixels take beside the weights: a VAE's maps are the largest, several of 128 MiB. */
const tileBytes = { half: 0.8e9, single: 1.2e9 } as const;
/** The address space of WebAssembly is 4 GiB, of which the runtime needs some. */
const mostWasm = 3.6e9;
/** A browser closes pages of phones at about this. */
const mostPhone = 1.6e9;
/** What most graphics cards without half precision, integrated ones, can spare. */
const mostPlainGpu = 3e9;
/** The part of a small device's memory that a page's GPU work may take. */
const share = 0.5;
/** Browsers that tell no more say so of every device with as much. */
const plenty = 8;

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
  );
}

export function fitOf(parts: readonly DiffusionPart[], device: FitDevice | null): Fit {
  const values = residentValues(parts);
  const half = device === null || (device.backend === 'webgpu' && device.half);
  const need = half ? values * 2 + tileBytes.half : values * 4 + tileBytes.single;
  const fit = (verdict: Fit['verdict'], reason: FitReason): Fit => ({ verdict, reason, need });
  if (device === null) return fit('doubtful', 'unknown');
  const { backend, memory, phone } = device;
  if (phone) return need > mostPhone ? fit('too-large', 'phone-large') : fit('doubtful', 'phone');
  if (backend === 'wasm') return need > mostWasm ? fit('too-large', 'cpu-large') : fit('doubtful', 'cpu');
  if (!half) return need > mostPlainGpu ? fit('too-large', 'no-half-large') : fit('doubtful', 'no-half');
  const little = memory !== null && memory < plenty && need > memory * 1e9 * share;
  return little ? fit('doubtful', 'little-memory') : fit('fits', 'gpu');
}
