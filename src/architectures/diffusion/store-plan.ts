/** Which tensors a part of a diffusion model has, and what becomes of each when it is stored in half precision or in fewer bits. */

import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { scaleName, zeroName } from '../graph-builder.ts';
import { packedMatrix, type PackedBits } from '../packed.ts';
import type { FoundModel } from './checkpoint.ts';
import { clip } from './clip.ts';
import { controlnet } from './controlnet.ts';
import { packable, packedTensors } from './quantise-table.ts';
import type { PartStorage, StoredPart } from './store-parts.ts';
import { unet } from './unet.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';
import { packedIn } from './widened.ts';

/** A part's tensors under canonical names, and which of them it needs; for a VAE those of both halves. */
export interface PartSource {
  readonly table: TensorTable;
  readonly specs: readonly TensorSpec[];
}

function halvesOf({ parts }: FoundModel, part: StoredPart): readonly PartSource[] {
  const { unet: drawer, 'text-encoder': text, controlnet: control } = parts;
  if (part === 'unet') return drawer ? [{ table: drawer.table, specs: unet.tensors(drawer.structure) }] : [];
  if (part === 'text-encoder')
    return text ? [{ table: text.table, specs: clip.tensors(text.structure) }] : [];
  if (part === 'controlnet')
    return control ? [{ table: control.table, specs: controlnet.tensors(control.structure) }] : [];
  const { 'vae-encoder': encoder, 'vae-decoder': decoder } = parts;
  return [
    ...(encoder ? [{ table: encoder.table, specs: vaeEncoder.tensors(encoder.structure) }] : []),
    ...(decoder ? [{ table: decoder.table, specs: vaeDecoder.tensors(decoder.structure) }] : []),
  ];
}

/** The part in one table; null where the model has none. */
export function partSource(model: FoundModel, part: StoredPart): PartSource | null {
  const [first, second] = halvesOf(model, part);
  return first && second ? joined(first, second) : (first ?? null);
}

/** Both halves of a VAE as one, each with its own tensors, whether they come from one file or from two. */
function joined(first: PartSource, second: PartSource): PartSource {
  const specs = [...first.specs, ...second.specs];
  if (first.table.blob === second.table.blob) {
    const both = new Map([...first.table.tensors, ...second.table.tensors]);
    return { table: { blob: first.table.blob, tensors: both }, specs };
  }
  const shift = first.table.blob.size;
  const own = ({ table, specs: ones }: PartSource): TensorEntry[] =>
    ones.flatMap(({ name }) => storedEntries(table, name));
  const moved = own(second).map((entry) => ({ ...entry, offset: entry.offset + shift }));
  const tensors = new Map([...own(first), ...moved].map((entry) => [entry.name, entry]));
  return { table: { blob: new Blob([first.table.blob, second.table.blob]), tensors }, specs };
}

/** A tensor's values, and what tells them where they have few bits. */
function storedEntries(table: TensorTable, name: string): readonly TensorEntry[] {
  const matrix = packedMatrix(table, name);
  if (matrix) return [matrix.values, matrix.scales, ...(matrix.zeros ? [matrix.zeros] : [])];
  return [name, scaleName(name), zeroName(name)].flatMap((one) => table.tensors.get(one) ?? []);
}

/** What becomes of one tensor; `bytes` are those that it has now. */
export type TensorPlan = { readonly name: string; readonly bytes: number } & (
  | { readonly kind: 'keep'; readonly entries: readonly TensorEntry[] }
  | { readonly kind: 'half'; readonly entry: TensorEntry }
  | { readonly kind: 'few'; readonly spec: TensorSpec; readonly bits: PackedBits }
);
export type FewBits = Extract<TensorPlan, { readonly kind: 'few' }>;

/** One entry for each tensor that the part needs and has: in its order of use. */
export function planTensors({ table, specs }: PartSource, storage: PartStorage): readonly TensorPlan[] {
  const kinds = packable(specs);
  return specs.flatMap((spec): TensorPlan[] => {
    const { name } = spec;
    const entries = storedEntries(table, name);
    const [entry] = entries;
    if (!entry) return [];
    const own = { name, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) };
    const bits = storage === 'q4' && kinds.get(name) === 'matrix' ? 4 : 8;
    const few = storage !== 'half' && kinds.has(name);
    const packed = packedIn(table, name);
    if (few && (packed ?? Infinity) > bits && (packed || isFloat(entry)))
      return [{ ...own, kind: 'few', spec, bits }];
    const stays = packed !== null || entry.dtype === 'f16' || !isFloat(entry);
    return [stays ? { ...own, kind: 'keep', entries } : { ...own, kind: 'half', entry }];
  });
}

function isFloat({ dtype }: TensorEntry): boolean {
  return /^(bf|f)/.test(dtype);
}

/** What is in the file for it. */
export function laidTensors(plan: TensorPlan): readonly Pick<TensorEntry, 'name' | 'dtype' | 'shape'>[] {
  if (plan.kind === 'keep') return plan.entries;
  return plan.kind === 'half' ? [{ ...plan.entry, dtype: 'f16' }] : packedTensors(plan.spec, plan.bits);
}
