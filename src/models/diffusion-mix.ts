/** Which part of a diffusion model is stored in how many bits: the mix that changes what its parts give least, within a limit of bytes. */

import { invariant } from '../base/assert.ts';
import type { PartStorage, StoredPart } from '../architectures/diffusion/store-parts.ts';

export interface StorageOption {
  readonly storage: PartStorage;
  readonly bytes: number;
  /** Relative root mean square difference of what the part gives, 0 for equal; null where it was not measured. */
  readonly drift: number | null;
}

export interface PartOptions {
  readonly part: StoredPart;
  /** One at least. */
  readonly options: readonly StorageOption[];
}

export type Mix = ReadonlyMap<StoredPart, PartStorage>;

/** What a set of Stable Diffusion 1.5 shall take: with it a page stays within what a browser gives a tab without half precision. */
const setLimit = 1.1e9;
/** What that set takes in half precision: 859.5, 123.1 and 83.7 million numbers, and headers. */
const setBytes = 2.1327e9;

const wholeSet: readonly StoredPart[] = ['unet', 'text-encoder', 'vae'];

/**
 * The bytes that a mix should keep to: of a whole set the share that makes 1.1 GB of Stable Diffusion 1.5, of parts alone what they
 * take in 8 bits.
 */
export function mixLimit(parts: readonly PartOptions[]): number {
  const bytesIn = (storage: PartStorage): number =>
    sum(parts, ({ options }) => (options.find((one) => one.storage === storage) ?? largest(options)).bytes);
  const whole = wholeSet.every((part) => parts.some((one) => one.part === part));
  return whole ? (bytesIn('half') * setLimit) / setBytes : bytesIn('q8');
}

/**
 * Of all mixes within the limit the one of least joint drift; where none is, the smallest. Parts err apart from each other, so squares
 * of their drifts are summed. Four bits that nobody measured are not taken while the part can be stored otherwise.
 */
export function chooseMix(parts: readonly PartOptions[], limit: number): Mix {
  let mixes: readonly (readonly StorageOption[])[] = [[]];
  for (const { options } of parts) {
    invariant(options.length > 0, 'A part can be stored in one way at least');
    const known = options.filter(({ storage, drift }) => storage !== 'q4' || drift !== null);
    const able = known.length > 0 ? known : options;
    mixes = mixes.flatMap((mix) => able.map((option) => [...mix, option]));
  }
  const judged = mixes.map((mix) => ({
    mix,
    bytes: sum(mix, ({ bytes }) => bytes),
    drift: sum(mix, ({ drift }) => (drift ?? 0) ** 2),
  }));
  const fitting = judged.filter(({ bytes }) => bytes <= limit);
  const [best] =
    fitting.length > 0
      ? fitting.toSorted((one, other) => one.drift - other.drift || one.bytes - other.bytes)
      : judged.toSorted((one, other) => one.bytes - other.bytes || one.drift - other.drift);
  return new Map(parts.map(({ part }, at) => [part, best?.mix[at]?.storage ?? 'q8']));
}

/** What parts take together, stored as a mix says; one that it does not name in its largest way. */
export function mixBytes(parts: readonly PartOptions[], mix: Mix): number {
  return sum(parts, ({ part, options }) => {
    const chosen = options.find(({ storage }) => storage === mix.get(part));
    return (chosen ?? largest(options)).bytes;
  });
}

function largest(options: readonly StorageOption[]): Pick<StorageOption, 'bytes'> {
  return { bytes: Math.max(0, ...options.map(({ bytes }) => bytes)) };
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}
