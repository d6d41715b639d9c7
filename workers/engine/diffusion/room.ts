/** How much memory a device is taken to have for several predictions in one call, by what browsers tell. */

import type { PartForm } from '../../../src/architectures/diffusion/part.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Backend } from '../backend.ts';
import { deviceMemory } from '../limits.ts';
import type { LoadedPart } from './loaded-model.ts';

export interface Room {
  /** For weights and values together, in bytes. */
  readonly bytes: number;
  /** The largest value or weight that can be bound. */
  readonly binding: number;
}

/** The share of a device's memory that one page's GPU work may take. */
const share = 0.5;
/** The runtime holds on to values that are done, for others of their size. */
const kept = 4;

/** Null where a call for two takes as long as two calls (the CPU), and in full precision, whose weights leave little room. */
export function roomOn({ report, gpu }: Backend): Room | null {
  if (report.backend !== 'webgpu' || report.precision !== 'fp16' || !gpu) return null;
  return { bytes: deviceMemory() * 2 ** 30 * share, binding: gpu.bindingLimit };
}

/** Whether parts that are held together fit, while each is called in a form. Those that nobody knows do not. */
export function fits(
  parts: readonly LoadedPart[],
  form: PartForm,
  precision: Precision,
  { bytes, binding }: Room,
): boolean {
  let sum = 0;
  for (const part of parts) {
    const call = part.memory?.(form, precision);
    if (!call || call.largest > binding) return false;
    sum += call.weights + kept * call.values;
  }
  return sum <= bytes;
}
