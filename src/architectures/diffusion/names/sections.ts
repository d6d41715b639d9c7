/** The parts of a diffusion model in a table, single files included, each under the names of diffusers' and transformers' folders. */

import type { TensorTable } from '../../../formats/tensor-table.ts';
import { under } from './rename.ts';
import { clipToNamed, isClip, isOpenClip, openClipToNamed } from './text-names.ts';
import { isNumbered, numberedToNamed } from './unet-names.ts';
import { autoencoderToNamed, isAutoencoder } from './vae-names.ts';

export interface Sections {
  readonly unet?: TensorTable;
  readonly controlnet?: TensorTable;
  /** Both halves of the autoencoder. */
  readonly vae?: TensorTable;
  readonly text?: TensorTable;
}

type Section = keyof Sections;

/** What programs write before the names of a part; nothing in a file of its own. */
const prefixes = [
  '',
  'model.diffusion_model.',
  'diffusion_model.',
  'unet.',
  'control_model.',
  'controlnet.',
  'first_stage_model.',
  'vae.',
  'cond_stage_model.transformer.',
  'cond_stage_model.model.',
  'text_encoder.',
];

/** Entries are byte ranges of the same Blob. A part that is there twice is the one with the shorter prefix. */
export function sectionsOf(table: TensorTable): Sections {
  const sections: Partial<Record<Section, TensorTable>> = {};
  const names = [...table.tensors.keys()];
  for (const prefix of prefixes) {
    if (!names.some((name) => name.startsWith(prefix))) continue;
    const [section, part] = sectionOf(prefix === '' ? table : under(table, prefix)) ?? [];
    if (section && part) sections[section] ??= part;
  }
  return sections;
}

/** Which part a table without a prefix is. */
function sectionOf(table: TensorTable): [Section, TensorTable] | null {
  if (isAutoencoder(table)) return ['vae', autoencoderToNamed(table)];
  if (isOpenClip(table)) return ['text', openClipToNamed(table)];
  if (isClip(table)) return ['text', clipToNamed(table)];
  const named = isNumbered(table) ? numberedToNamed(table) : table;
  if (!named.tensors.has('time_embedding.linear_1.weight')) return null;
  return [named.tensors.has('controlnet_mid_block.weight') ? 'controlnet' : 'unet', named];
}
