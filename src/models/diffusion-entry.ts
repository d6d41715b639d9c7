/** A file or folder with parts of a diffusion model that is kept on this device: what is known of it. */

import type { SmallerOf } from './diffusion-smaller.ts';

/** What such a file may hold: parts of a model, and what changes one. */
export const diffusionKinds = [
  'unet',
  'text-encoder',
  'vae-encoder',
  'vae-decoder',
  'taesd-encoder',
  'taesd-decoder',
  'controlnet',
  'lora',
  'embedding',
  'ldsr-unet',
  'ldsr-decoder',
] as const;

export type DiffusionKind = (typeof diffusionKinds)[number];

/** How a model was trained to be sampled: as usual, or in few steps. */
export const trainings = ['usual', 'turbo', 'lcm'] as const;
export type Trained = (typeof trainings)[number];

export interface DiffusionPart {
  readonly kind: DiffusionKind;
  /** How many numbers its network has; of a LoRA or an embedding what it adds. */
  readonly values: number;
  /** A ready-made ONNX graph, which runs as it is and in no other form. */
  readonly ready?: true;
}

/** Where it was downloaded from: an item of the catalogue of diffusion models. */
export interface DiffusionOrigin {
  readonly item: string;
  readonly homepage: string;
  /** Of a LoRA: see `DiffusionItem`. */
  readonly weight?: number;
  readonly licence: {
    readonly id: string;
    readonly url?: string;
    readonly commercialUse: boolean | null;
  };
}

export interface DiffusionModel {
  readonly name: string;
  readonly parts: readonly DiffusionPart[];
  /** Null where nothing in the file tells. */
  readonly base: 'sd1' | 'sd2' | null;
  readonly prediction: 'epsilon' | 'v' | null;
  /** Null for a model of the usual kind, and where nothing tells. */
  readonly sampling: 'lcm' | 'turbo' | null;
  /** In the order in which they lie one behind the other; names are paths inside a folder that came as one. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly from?: DiffusionOrigin;
  /** What was given, where its weights were converted to half precision: all its files, one behind the other. */
  readonly source?: { readonly sha256: string; readonly bytes: number };
  /** Tensors that stay in full precision, as half precision cannot hold their values. */
  readonly full?: readonly string[];
  /** What a person said of a model that tells nothing itself. */
  readonly trained?: Trained;
  /** Of a smaller copy: what it was made of. */
  readonly smaller?: SmallerOf;
}

export interface DiffusionEntry extends DiffusionModel {
  readonly id: string;
  readonly bytes: number;
  /** Of all its files, one behind the other. */
  readonly sha256: string;
}

/** Whether nothing tells how a model that draws was trained to be sampled: neither its files nor where it came from. */
export function isSilent({ parts, sampling, from, files, smaller }: DiffusionModel): boolean {
  if (sampling !== null || from || !parts.some(({ kind }) => kind === 'unet')) return false;
  // A smaller copy's configs are made up here: what counts is what it was made of.
  return smaller
    ? smaller.silent === true
    : !files.some(({ name }) => name.endsWith('scheduler_config.json'));
}

/** A part that redrawing needs and that these entries do not have, in the order of use. */
export type MissingPart = 'text-encoder' | 'unet' | 'vae';

/** TAESD stands in for a VAE. */
export function missingParts(entries: readonly Pick<DiffusionModel, 'parts'>[]): readonly MissingPart[] {
  const kinds = new Set(entries.flatMap(({ parts }) => parts.map(({ kind }) => kind)));
  const half = (end: 'encoder' | 'decoder'): boolean => kinds.has(`vae-${end}`) || kinds.has(`taesd-${end}`);
  return [
    ...(kinds.has('text-encoder') ? [] : ['text-encoder' as const]),
    ...(kinds.has('unet') ? [] : ['unet' as const]),
    ...(half('encoder') && half('decoder') ? [] : ['vae' as const]),
  ];
}
