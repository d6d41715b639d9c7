/** A file or folder with parts of a diffusion model that is kept on this device: what is known of it, and how that is stored. */

import * as v from 'valibot';

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
] as const;

export type DiffusionKind = (typeof diffusionKinds)[number];

export interface DiffusionPart {
  readonly kind: DiffusionKind;
  /** How many numbers its network has; of a LoRA or an embedding what it adds. */
  readonly values: number;
}

/** Where it was downloaded from: an item of the catalogue of diffusion models. */
export interface DiffusionOrigin {
  readonly item: string;
  readonly homepage: string;
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
}

export interface DiffusionEntry extends DiffusionModel {
  readonly id: string;
  readonly bytes: number;
  /** Of all its files, one behind the other. */
  readonly sha256: string;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const schema = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  parts: v.array(v.object({ kind: v.picklist(diffusionKinds), values: count })),
  base: v.nullable(v.picklist(['sd1', 'sd2'])),
  prediction: v.nullable(v.picklist(['epsilon', 'v'])),
  sampling: v.nullable(v.picklist(['lcm', 'turbo'])),
  files: v.pipe(v.array(v.object({ name: v.string(), bytes: count })), v.nonEmpty()),
  from: v.exactOptional(
    v.object({
      item: v.string(),
      homepage: v.string(),
      licence: v.object({
        id: v.string(),
        url: v.exactOptional(v.string()),
        commercialUse: v.nullable(v.boolean()),
      }),
    }),
  ),
});

/** What a browser's storage gave back, checked; null when it is something else. */
export function parseDiffusion(stored: unknown): DiffusionModel | null {
  const parsed = v.safeParse(schema, stored);
  return parsed.success ? parsed.output : null;
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
