/** A smaller copy of a diffusion model: what is known of it before and after it is made. */

import type { PartStorage, StoredPart } from '../architectures/diffusion/store-parts.ts';
import type { DiffusionEntry, DiffusionKind } from './diffusion-entry.ts';
import { fitOf, isPacked, residentValues, type FitDevice } from './diffusion-fit.ts';

/** A part as it is, and the ways in which it can be stored, largest first; the first is how it is now, in half precision at most. */
export interface PartChoice {
  readonly part: StoredPart;
  readonly now: number;
  readonly storages: readonly { readonly storage: PartStorage; readonly bytes: number }[];
}

/** How a part was stored, and what was measured of that. */
export interface StoredSmaller {
  readonly part: StoredPart;
  readonly storage: PartStorage;
  /** Relative root mean square difference of what the part gives; null where it was not measured. */
  readonly drift: number | null;
  /** What it was measured against: 8 bits where the original does not fit the device. */
  readonly against: 'original' | 'q8';
}

/** What a smaller copy was made of. */
export interface SmallerOf {
  readonly model: string;
  readonly name: string;
  readonly bytes: number;
  readonly parts: readonly StoredSmaller[];
  /** Nothing told how that was trained (`isSilent`), whatever the copy's own configs say. */
  readonly silent?: true;
}

/** "Old", "Old (8-bit)" and so on become "Old (4-bit)" where that is what its parts are stored in. */
export function smallerName(name: string, storages: readonly PartStorage[]): string {
  const packed = new Set(storages.filter((storage) => storage !== 'half'));
  const ending =
    packed.size > 1 ? '8 and 4 bits' : packed.has('q4') ? '4-bit' : packed.has('q8') ? '8-bit' : 'fp16';
  return `${name.replace(/ \((?:fp16|8-bit|4-bit|8 and 4 bits)\)$/, '')} (${ending})`;
}

const kinds: readonly DiffusionKind[] = ['unet', 'text-encoder', 'vae-encoder', 'vae-decoder', 'controlnet'];

/** Whether it has a part that could be stored in fewer bits: LoRAs, textual inversions and TAESD are small, and graphs run as they are. */
export function canBeSmaller({ parts }: Pick<DiffusionEntry, 'parts'>): boolean {
  return parts.some(({ kind, ready }) => kinds.includes(kind) && !ready);
}

/** With fewer numbers than this a network is no burden to any device. */
const manyValues = 1e8;
/**
 * Whether a smaller copy would ease this device: weights in half precision are large for it, as it would widen them to single precision
 * or has little memory. Not for what has fewer bits already.
 */
export function eases(
  { parts, bytes }: Pick<DiffusionEntry, 'parts' | 'bytes'>,
  device: FitDevice | null,
): boolean {
  if (device === null || residentValues(parts) < manyValues || !canBeSmaller({ parts })) return false;
  if (isPacked({ parts, bytes })) return false;
  const plain = device.backend === 'wasm' || !device.half;
  return plain || fitOf(parts, device).verdict !== 'fits';
}
