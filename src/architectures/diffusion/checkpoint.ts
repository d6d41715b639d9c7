/**
 * What a set of files holds of a diffusion model: single-file checkpoints, folders in diffusers' layout, and parts in files of their own.
 * Tensors tell the parts; configs and notes tell what tensors cannot.
 */

import type { Failure } from '../../base/errors.ts';
import { ok, type Result } from '../../base/result.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import { choosePart } from './checkpoint-choice.ts';
import {
  noCandidates,
  sortParts,
  type CandidatePart,
  type Candidates,
  type FoundPart,
  type GivenWeights,
  type Structures,
} from './checkpoint-parts.ts';
import { toldBy, type GivenConfig, type Prediction, type Sampling, type Told } from './checkpoint-told.ts';
import { isEmbedding } from './embedding.ts';
import { isLora } from './lora-names.ts';
import { under } from './names/rename.ts';
import { chooseReady, type ReadyParts } from './onnx-choice.ts';
import type { ReadyPart } from './onnx-part.ts';
import { parseDown, type UnetDownStructure } from './unet-structure.ts';

export type FoundParts = { readonly [K in keyof Structures]: FoundPart<Structures[K]> | undefined };

/** Stable Diffusion 1.x has the text features of CLIP ViT-L, 2.x those of OpenCLIP ViT-H. */
export type Base = 'sd1' | 'sd2';

export interface FoundModel {
  readonly parts: FoundParts;
  /** Ready-made graphs, of parts that no tensors make. */
  readonly ready: ReadyParts;
  readonly loras: readonly GivenWeights[];
  /** Textual inversions. */
  readonly embeddings: readonly GivenWeights[];
  /** Names of files that come with a model and are not needed. */
  readonly left: readonly string[];
  /** Null where the text's width is that of neither. */
  readonly base: Base | null;
  /** What the UNet predicts; null when nothing told. */
  readonly prediction: Prediction | null;
  /** Null for a model of the usual kind, and when nothing told. */
  readonly sampling: Sampling | null;
  /** Of the files' own notes; 1 is the last layer that the text encoder's structure takes, 2 the one before. */
  readonly clipSkip: number | null;
  /** Of the VAE's config. */
  readonly latentScale: number | null;
}

const bases: ReadonlyMap<number, Base> = new Map([
  [768, 'sd1'],
  [1024, 'sd2'],
]);

/**
 * Sorts files by what they hold; headers only. Failures: `model-unsupported` for models of other families, for UNets that were trained for
 * something else and for several files of one part, `model-unrecognised` for a file that is nothing of this.
 */
export function findParts(
  files: readonly GivenWeights[],
  configs: readonly GivenConfig[] = [],
  graphs: readonly ReadyPart[] = [],
): Result<FoundModel> {
  const [loras, embeddings, left]: [GivenWeights[], GivenWeights[], string[]] = [[], [], []];
  const candidates = noCandidates();
  for (const given of files) {
    const file = { ...given, table: withoutNest(given.table) };
    if (isLora(file.table)) loras.push(file);
    else if (isEmbedding(file.table)) embeddings.push(file);
    else if (isChecker(file.table)) left.push(file.name);
    else {
      const sorted = sortParts(file, candidates);
      if (!sorted.ok) return sorted;
    }
  }
  const parts = chooseAll(candidates);
  if (!parts.ok) return parts;
  const ready = chooseReady(graphs, (kind) => parts.value[kind] !== undefined);
  if (!ready.ok) return ready;
  const from = new Set(Object.values(parts.value).map((part) => part?.from));
  const notes = files.flatMap((file) => (file.notes && from.has(file.name) ? [file.notes] : []));
  const told = toldBy(configs, notes);
  return ok({ ...describe(parts.value, ready.value, told), loras, embeddings, left });
}

function describe(
  parts: FoundParts,
  ready: ReadyParts,
  told: Told,
): Omit<FoundModel, 'loras' | 'embeddings' | 'left'> {
  const { unet, controlnet, 'text-encoder': text } = parts;
  const drawer = unet?.structure.context ?? ready.unet?.width;
  const reader = text?.structure.width ?? ready['text-encoder']?.width;
  const width = drawer ?? reader ?? controlnet?.structure.context ?? 0;
  const base = bases.get(width) ?? null;
  const { prediction, sampling, clipSkip, latentScale } = told;
  // Notes count from the network's very end; Stable Diffusion 2 leaves out one layer of a whole text encoder.
  const left = base === 'sd2' ? 1 : 0;
  return {
    parts: withConfigs(parts, told),
    ready,
    base,
    prediction,
    sampling: (unet?.structure ?? ready.unet ?? { condition: 0 }).condition > 0 ? 'lcm' : sampling,
    clipSkip: clipSkip === null ? null : Math.max(1, clipSkip - left),
    latentScale,
  };
}

/** What training programs wrap around a model. */
function withoutNest(table: TensorTable): TensorTable {
  const nest = 'state_dict.';
  return [...table.tensors.keys()].some((name) => name.startsWith(nest)) ? under(table, nest) : table;
}

/** The judge of pictures that lies in folders of Stable Diffusion 1. */
function isChecker({ tensors }: TensorTable): boolean {
  return tensors.has('concept_embeds') || tensors.has('special_care_embeds');
}

function chooseAll(candidates: Candidates): Result<FoundParts> {
  const failures: Failure[] = [];
  const chosen = <S>(list: readonly CandidatePart<S>[], what: string): FoundPart<S> | undefined => {
    const choice = choosePart(list, what);
    if (!choice.ok) failures.push(choice.error);
    if (!choice.ok || !choice.value) return undefined;
    const { table, structure, from } = choice.value;
    return { table, structure, from };
  };
  const found = {
    'text-encoder': chosen(candidates['text-encoder'], 'text encoders'),
    unet: chosen(candidates.unet, 'UNets'),
    controlnet: chosen(candidates.controlnet, 'ControlNets'),
    'vae-encoder': chosen(candidates['vae-encoder'], 'VAEs'),
    'vae-decoder': chosen(candidates['vae-decoder'], 'VAEs'),
    'taesd-encoder': chosen(candidates['taesd-encoder'], 'TAESD encoders'),
    'taesd-decoder': chosen(candidates['taesd-decoder'], 'TAESD decoders'),
    'ldsr-unet': chosen(candidates['ldsr-unet'], 'models of latent super-resolution'),
    'ldsr-decoder': chosen(candidates['ldsr-decoder'], 'decoders of latent super-resolution'),
  };
  const [error] = failures;
  return error ? { ok: false, error } : ok(found);
}

/** Attention heads and the activation as configs have them, where they fit the shapes. */
function withConfigs(parts: FoundParts, { heads, quick }: Told): FoundParts {
  const { unet, controlnet, 'text-encoder': text } = parts;
  const withHeads = <S extends UnetDownStructure>(part: FoundPart<S>): FoundPart<S> => {
    const { widths } = part.structure;
    const each = heads?.length === 1 ? widths.map(() => heads[0] ?? 1) : heads;
    const fits = each !== null && parseDown({ ...part.structure, heads: each }) !== null;
    return fits ? { ...part, structure: { ...part.structure, heads: each } } : part;
  };
  return {
    ...parts,
    ...(unet && { unet: withHeads(unet) }),
    ...(controlnet && { controlnet: withHeads(controlnet) }),
    ...(text && quick !== null && { 'text-encoder': { ...text, structure: { ...text.structure, quick } } }),
  };
}
