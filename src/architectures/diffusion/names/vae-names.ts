/**
 * Autoencoders under the names of the program of the latent diffusion paper (`decoder.up.3.block.0.conv1`), and the attention's names in
 * diffusers' first files (`query`, `proj_attn`): both as diffusers names them now. Attention matrices lose the two sides of
 * 1x1 convolutions; the bytes are the same.
 */

import type { TensorEntry, TensorTable } from '../../../formats/tensor-table.ts';
import { moved } from './rename.ts';

const level = /^(encoder\.down|decoder\.up)\.(\d+)\.(?:block\.(\d+)|(?:down|up)sample)\./;
const middle = /^(encoder|decoder)\.mid\.(?:block_([12])|attn_1)\./;
const attention = /(\.mid_block\.attentions\.0\.)(\w+)\./;
const attentionLayers: ReadonlyMap<string, string> = new Map([
  ['norm', 'group_norm'],
  ['q', 'to_q'],
  ['k', 'to_k'],
  ['v', 'to_v'],
  ['proj_out', 'to_out.0'],
  ['query', 'to_q'],
  ['key', 'to_k'],
  ['value', 'to_v'],
  ['proj_attn', 'to_out.0'],
]);

/** Whether a table's tensors, without a prefix, are those of an autoencoder in one of the two schemes. */
export function isAutoencoder({ tensors }: TensorTable): boolean {
  return ['encoder', 'decoder'].some((half) => tensors.has(`${half}.conv_in.weight`));
}

/** The same tensors under diffusers' present names. Names of neither scheme stay. */
export function autoencoderToNamed(table: TensorTable): TensorTable {
  const last = lastLevel(table);
  return moved(table, (entry) => [shaped({ ...entry, name: attentionName(blockName(entry.name, last)) })]);
}

/** Levels on the way up are numbered from the picture, diffusers' from the latent. */
function lastLevel({ tensors }: TensorTable): number {
  const levels = [...tensors.keys()].map((name) => Number(/^decoder\.up\.(\d+)\./.exec(name)?.[1] ?? 0));
  return Math.max(0, ...levels);
}

function blockName(name: string, last: number): string {
  const [inLevel = '', side = '', index, block] = level.exec(name) ?? [];
  if (inLevel !== '') {
    const at = side === 'decoder.up' ? last - Number(index) : Number(index);
    const layer = block === undefined ? `${side.slice(8)}samplers.0` : `resnets.${block}`;
    const rest = name.slice(inLevel.length).replace(/^nin_shortcut\./, 'conv_shortcut.');
    return `${side}_blocks.${at}.${layer}.${rest}`;
  }
  const [inMiddle = '', half = '', which] = middle.exec(name) ?? [];
  if (inMiddle !== '') {
    const layer = which === undefined ? 'attentions.0' : `resnets.${Number(which) - 1}`;
    return `${half}.mid_block.${layer}.${name.slice(inMiddle.length)}`;
  }
  return name.replace(/^(encoder|decoder)\.norm_out\./, '$1.conv_norm_out.');
}

function attentionName(name: string): string {
  return name.replace(attention, (whole, before: string, layer: string) => {
    const renamed = attentionLayers.get(layer);
    return renamed === undefined ? whole : `${before}${renamed}.`;
  });
}

function shaped(entry: TensorEntry): TensorEntry {
  const [outputs = 0, inputs = 0, height, width] = entry.shape;
  const point = entry.shape.length === 4 && height === 1 && width === 1;
  return point && attention.test(entry.name) ? { ...entry, shape: [outputs, inputs] } : entry;
}
