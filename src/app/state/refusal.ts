/** Refuses a result that memory or the file format could not hold, with numbers, before any work is done. */

import type { Failure } from '../../base/errors.ts';
import { failure } from '../../base/result.ts';
import { area, type Size } from '../../picture/geometry.ts';
import { heldDuring } from '../../recipes/pass-order.ts';
import type { Pass } from '../../recipes/passes.ts';

export interface Limits {
  /** Bytes that the pixel stores of one job may take together. */
  readonly memory: number;
  /** Of the chosen file format, where they are known already. */
  readonly format: { readonly name: string; readonly side: number; readonly pixels: number } | null;
}

const bytesPerPixel = 4;

/** The most that is held at once: the picture itself, and what a pass writes, reads, or leaves for later ones. */
export function bytesNeeded(source: Size, passes: readonly Pass[]): number {
  const areas = passes.map(({ output }) => area(output));
  const held = passes.map((_, i) => heldDuring(passes, i).reduce((sum, pass) => sum + (areas[pass] ?? 0), 0));
  return (area(source) + Math.max(0, ...held)) * bytesPerPixel;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

export function refusal(source: Size, passes: readonly Pass[], limits: Limits): Failure | null {
  const { width, height } = passes.at(-1)?.output ?? source;
  const needed = bytesNeeded(source, passes);
  if (needed > limits.memory) {
    const numbers = { width, height, needed, limit: limits.memory };
    const message = `${width} x ${height} pixels need ${megabytes(needed)} of memory, this device can give about ${megabytes(limits.memory)}. Choose a smaller size.`;
    return failure('output-too-large', message, numbers);
  }
  const { format } = limits;
  if (format && (Math.max(width, height) > format.side || width * height > format.pixels)) {
    const { name, side, pixels } = format;
    const message = `A ${name} file holds at most ${side} pixels a side and ${pixels} in all here, not ${width} x ${height}. Choose a smaller size or another format.`;
    return failure('output-too-large', message, { width, height, format: name, side, pixels });
  }
  return null;
}
