/**
 * The parts of latent super-resolution in a file: from diffusers' folders, whose published weights have attention under early names
 * (`query`, `proj_attn`), and from single files of the paper's program, where queries, keys and values are one matrix (`qkv`).
 */

import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import { type CodebookStructure, ldsrDecoder } from './ldsr-decoder.ts';
import { ldsrUnet, type LdsrStructure } from './ldsr-unet.ts';
import { moved } from './names/rename.ts';
import { sectionsOf } from './names/sections.ts';

export interface LdsrParts {
  readonly unet: { readonly table: TensorTable; readonly structure: LdsrStructure } | null;
  readonly decoder: { readonly table: TensorTable; readonly structure: CodebookStructure } | null;
}

const attention = /(\.attentions\.\d+\.)(norm|query|key|value|proj_attn|proj_out)\./;
const layers: ReadonlyMap<string, string> = new Map([
  ['norm', 'group_norm'],
  ['query', 'to_q'],
  ['key', 'to_k'],
  ['value', 'to_v'],
  ['proj_attn', 'to_out.0'],
  ['proj_out', 'to_out.0'],
]);

/** What a table holds of it, under the names that the parts take; entries keep their bytes. */
export function ldsrParts(table: TensorTable): LdsrParts {
  const { unet, vae } = sectionsOf(table);
  const network = unet && moved(unet, (entry) => [named(entry)]);
  const structure = network && ldsrUnet.structure(network);
  const decoder = vae && ldsrDecoder.structure(vae);
  return {
    unet: structure ? { table: network, structure } : null,
    decoder: decoder ? { table: vae, structure: decoder } : null,
  };
}

/** Matrices lose the last sides of 1x1 convolutions, of pixels or of a row of them. */
function named(entry: TensorEntry): TensorEntry {
  const name = entry.name.replace(
    attention,
    (_, before: string, layer: string) => `${before}${layers.get(layer) ?? layer}.`,
  );
  const [outputs = 0, inputs = 0, ...rest] = entry.shape;
  const matrix = /\.attentions\.\d+\.(qkv|to_.*)\.weight$/.test(name) && rest.every((side) => side === 1);
  return { ...entry, name, shape: matrix ? [outputs, inputs] : entry.shape };
}
