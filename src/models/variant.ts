/** A model's weights in less room, as a model of its own: what is said of them before and after they are kept. */

import * as v from 'valibot';
import type { Storage } from '../architectures/empty-table.ts';
import { smallerStorages, type SmallerStorage } from '../architectures/smaller.ts';
import type { MeasuredDifference } from '../picture/difference.ts';
import type { ModelCard } from './card.ts';

/** How far the variant's picture is from the original's. */
export interface Difference extends MeasuredDifference {
  readonly backend: 'webgpu' | 'wasm';
}

/** What a kept variant was made of. */
export interface VariantOf {
  readonly model: string;
  readonly name: string;
  readonly stored: Storage;
  readonly difference: Difference;
}

export const variantSchema = v.object({
  model: v.string(),
  name: v.string(),
  stored: v.picklist(['fp32', 'fp16', 'q8']),
  difference: v.object({
    psnr: v.nullable(v.number()),
    mean: v.number(),
    largest: v.number(),
    backend: v.picklist(['webgpu', 'wasm']),
  }),
});

/** Below this (in dB) a difference is easily seen. */
export const visiblePsnr = 30;

/**
 * Storages that this model can be made smaller to. None for shipped models, which are stored as small as was
 * measured to be good, and none for ONNX graphs that run as they are.
 */
export function variantsOf({ origin, foreign, stored }: ModelCard): readonly SmallerStorage[] {
  return origin === 'imported' && !foreign ? smallerStorages(stored) : [];
}

const suffixes: Readonly<Record<SmallerStorage, string>> = { fp16: 'fp16', q8: '8-bit' };

/** "Sharp (fp32)" stays what it is called, a variant's own ending goes: "Sharp (fp16)" becomes "Sharp (8-bit)". */
export function variantName(name: string, storage: SmallerStorage): string {
  return `${name.replace(/ \((?:fp16|8-bit)\)$/, '')} (${suffixes[storage]})`;
}
