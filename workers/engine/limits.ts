/** How many input pixels a tile may have on this device. */

import type { ModelCard } from '../../src/models/card.ts';
import type { BackendName, Precision } from '../../src/protocol/backend.ts';
import type { Gpu } from './gpu-device.ts';

const gibibyte = 2 ** 30;

/** Chrome says roughly how much memory there is, in GiB; elsewhere a modest device is assumed. */
export function deviceMemory(): number {
  const memory: unknown = 'deviceMemory' in navigator ? navigator.deviceMemory : undefined;
  return typeof memory === 'number' ? memory : 4;
}

/**
 * By memory alone: a share of the device's, at most what a 4 GiB wasm heap bears next to its weights;
 * on a GPU also the largest buffer that can be bound.
 */
export function largestTile(
  card: ModelCard,
  { backend, precision }: { readonly backend: BackendName; readonly precision: Precision },
  gpu: Gpu | null,
): number {
  const shrink = precision === 'fp16' ? 2 : 1;
  const budget = Math.min(1.5, Math.max(0.4, deviceMemory() / 4)) * gibibyte;
  const byMemory = (budget * shrink) / card.bytesPerPixel;
  const byBinding =
    backend === 'webgpu' && gpu ? (gpu.bindingLimit * shrink) / card.bindingPerPixel : Infinity;
  return Math.floor(Math.min(byMemory, byBinding));
}

/** A tile should not take longer: progress, pause and cancel come between tiles. */
const tileSeconds: Record<BackendName, number> = {
  // Drivers reset a GPU that does not answer for about two seconds.
  webgpu: 0.8,
  // The CPU may take its time, and larger tiles compute less twice.
  wasm: 16,
};

/** Smaller tiles than this many times context and rim would mostly compute what is thrown away. */
const leastFactor = 6;

/** Memory and measured speed together; `largestTile` always wins. */
export function goodTile(
  card: ModelCard,
  placed: { readonly backend: BackendName; readonly precision: Precision },
  gpu: Gpu | null,
  pixelsPerSecond: number,
): number {
  const most = largestTile(card, placed, gpu);
  const inTime = pixelsPerSecond * tileSeconds[placed.backend];
  const least = ((card.tiles.context + card.tiles.blend) * leastFactor) ** 2;
  return Math.floor(Math.min(most, Math.max(inTime, least)));
}
