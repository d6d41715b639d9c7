/** The parts of a diffusion model in one file, sorted by their kind, or why the file is none that Enlarger can redraw with. */

import { fail, ok, type Result } from '../../base/result.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import { packedFault, withoutPlainNames, withPlainNames } from '../packed.ts';
import type { Candidate } from './checkpoint-choice.ts';
import { foreignFamily, refuseFamily, supported } from './checkpoint-foreign.ts';
import type { Notes } from './checkpoint-told.ts';
import { clip, type ClipStructure } from './clip.ts';
import { controlnet, type ControlnetStructure } from './controlnet.ts';
import type { CodebookStructure } from './ldsr-decoder.ts';
import { ldsrParts } from './ldsr-names.ts';
import type { LdsrStructure } from './ldsr-unet.ts';
import { sectionsOf } from './names/sections.ts';
import { taesdDecoder, taesdEncoder, type TaesdStructure } from './taesd.ts';
import { unet } from './unet.ts';
import { unetUse, type UnetStructure } from './unet-structure.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';
import type { VaeStructure } from './vae-structure.ts';

/** A file of tensors; `name` is its path, with folders where they are known. */
export interface GivenWeights {
  readonly name: string;
  readonly table: TensorTable;
  readonly notes?: Notes;
}

export interface Structures {
  'text-encoder': ClipStructure;
  unet: UnetStructure;
  controlnet: ControlnetStructure;
  'vae-encoder': VaeStructure;
  'vae-decoder': VaeStructure;
  'taesd-encoder': TaesdStructure;
  'taesd-decoder': TaesdStructure;
  'ldsr-unet': LdsrStructure;
  'ldsr-decoder': CodebookStructure;
}

export interface FoundPart<S> {
  /** Under canonical names, over the file's own Blob. */
  readonly table: TensorTable;
  readonly structure: S;
  /** The file's name. */
  readonly from: string;
}

export type CandidatePart<S> = FoundPart<S> & Candidate;
export type Candidates = { readonly [K in keyof Structures]: CandidatePart<Structures[K]>[] };

/** No part found yet; lists of its own. */
export function noCandidates(): Candidates {
  return {
    'text-encoder': [],
    unet: [],
    controlnet: [],
    'vae-encoder': [],
    'vae-decoder': [],
    'taesd-encoder': [],
    'taesd-decoder': [],
    'ldsr-unet': [],
    'ldsr-decoder': [],
  };
}

/** UNets that look like Stable Diffusion's and take more than a latent. */
export const otherUses = {
  depth: 'draws from depth maps',
  upscaler: 'is the x4 upscaler of Stable Diffusion 2',
  instruct: 'follows instructions (InstructPix2Pix)',
  inpaint: 'fills holes (inpainting)',
} as const;

/**
 * Adds what a file holds, matrices and convolutions of few bits included. Failures: `model-unsupported`, `model-unrecognised` and, for
 * few bits whose values nothing tells, `model-damaged`, naming the file.
 */
export function sortParts({ name: from, table: stored }: GivenWeights, candidates: Candidates): Result<null> {
  const foreign = foreignFamily(stored);
  if (foreign) return refuseFamily(from, foreign);
  const fault = packedFault(stored);
  if (fault) return refusePacked(from, fault);
  const table = withPlainNames(stored);
  const sections = sectionsOf(table);
  const beside = Object.keys(sections).length;
  const structured = <S>(part: Reader<S>, own: TensorTable | undefined): CandidatePart<S>[] => {
    const structure = own && part.structure(own);
    return own && structure ? [{ ...asStored({ table: own, structure }), from, beside }] : [];
  };
  const ldsr = ldsrParts(table);
  const found: Candidates = {
    'text-encoder': structured(clip, sections.text),
    unet: structured(unet, sections.unet),
    controlnet: structured(controlnet, sections.controlnet),
    'vae-encoder': structured(vaeEncoder, sections.vae),
    'vae-decoder': structured(vaeDecoder, sections.vae),
    'taesd-encoder': structured(taesdEncoder, table),
    'taesd-decoder': structured(taesdDecoder, table),
    'ldsr-unet': ldsr.unet ? [{ ...asStored(ldsr.unet), from, beside }] : [],
    'ldsr-decoder': ldsr.decoder ? [{ ...asStored(ldsr.decoder), from, beside }] : [],
  };
  const [network] = found.unet;
  const use = network && unetUse(network.structure.channels);
  if (network && use !== 'plain')
    return refuseUse(from, use ? otherUses[use] : 'takes other things than a latent');
  const halves = found['vae-encoder'].length + found['vae-decoder'].length;
  const strange = [
    sections.text && found['text-encoder'].length === 0 ? 'text encoder' : null,
    sections.unet && found.unet.length === 0 && !ldsr.unet ? 'UNet' : null,
    sections.controlnet && found.controlnet.length === 0 ? 'ControlNet' : null,
    sections.vae && halves === 0 && !ldsr.decoder ? 'VAE' : null,
  ].find((what) => what !== null);
  if (strange) return refuseStructure(from, strange);
  if (Object.values(found).every((list) => list.length === 0)) return refuseFile(from);
  candidates['text-encoder'].push(...found['text-encoder']);
  candidates.unet.push(...found.unet);
  candidates.controlnet.push(...found.controlnet);
  candidates['vae-encoder'].push(...found['vae-encoder']);
  candidates['vae-decoder'].push(...found['vae-decoder']);
  candidates['taesd-encoder'].push(...found['taesd-encoder']);
  candidates['taesd-decoder'].push(...found['taesd-decoder']);
  candidates['ldsr-unet'].push(...found['ldsr-unet']);
  candidates['ldsr-decoder'].push(...found['ldsr-decoder']);
  return ok(null);
}

/** Matrices of few bits have plain names only while they are looked for. */
function asStored<P extends { readonly table: TensorTable }>(part: P): P {
  return { ...part, table: withoutPlainNames(part.table) };
}

/** What of a part is needed to find it. */
interface Reader<S> {
  structure(table: TensorTable): S | null;
}

function refusePacked(name: string, fault: { readonly name: string; readonly why: string }): Result<never> {
  const message = `"${name}" is damaged: the tensor "${fault.name}" ${fault.why}. Make or fetch the model again.`;
  return fail('model-damaged', message, { reason: 'packed', name, tensor: fault.name });
}

/** Of a UNet that is made for something else, such as inpainting; `use` is a verb with its object. */
export function refuseUse(name: string, use: string): Result<never> {
  const message = `The UNet in "${name}" ${use}: Enlarger cannot redraw with it. Choose ${supported}.`;
  return fail('model-unsupported', message, { reason: 'diffusion-use', name });
}

function refuseStructure(name: string, what: string): Result<never> {
  const message = `The ${what} in "${name}" is built in a way that Enlarger does not know. Choose ${supported}.`;
  return fail('model-unsupported', message, { reason: 'diffusion-structure', part: what, name });
}

function refuseFile(name: string): Result<never> {
  return fail(
    'model-unrecognised',
    `"${name}" holds no part of a diffusion model that Enlarger knows. It takes checkpoints, UNets, text encoders, VAEs, TAESD, ` +
      `ControlNets, LoRAs and embeddings of ${supported}.`,
    { name },
  );
}
