/**
 * The sRGB transfer curve (IEC 61966-2-1) between samples as they are stored and linear light, both 0..1,
 * exactly, and as tables for hot loops.
 */

import type { Depth } from './pixel-store.ts';

/** Linear light of a stored value. */
export function toLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** The stored value of linear light. */
export function fromLinear(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

let linear8: Float32Array | null = null;
let linear16: Float32Array | null = null;

/** Linear light of every sample value of a depth. */
export function linearTable(depth: Depth): Float32Array {
  if (depth === 8) return (linear8 ??= Float32Array.from({ length: 256 }, (_, i) => toLinear(i / 255)));
  return (linear16 ??= Float32Array.from({ length: 65536 }, (_, i) => toLinear(i / 65535)));
}

const steps = 16384;
let curve: Float32Array | null = null;

/**
 * A fast `fromLinear` for 0..1 (clamped; NaN gives 0): a table with straight lines between, at most
 * 4e-6 from the curve (where its two parts meet), below a third of a level of 16 bits.
 */
export function encoder(): (light: number) => number {
  // Two more entries than steps, so that 1.0 needs no case of its own.
  const table = (curve ??= Float32Array.from({ length: steps + 2 }, (_, i) => fromLinear(i / steps)));
  return (light) => {
    if (!(light > 0)) return 0;
    if (light >= 1) return 1;
    const place = light * steps;
    const index = place | 0;
    const low = table[index] as number;
    return low + ((table[index + 1] as number) - low) * (place - index);
  };
}
