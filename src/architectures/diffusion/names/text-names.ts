/**
 * Text encoders under other names than transformers' CLIPTextModel has: that of OpenCLIP, which keeps queries, keys and values in one
 * matrix, and transformers' own without its first word.
 */

import type { TensorEntry, TensorTable } from '../../../formats/tensor-table.ts';
import { moved, replaced, split } from './rename.ts';

const block = /^transformer\.resblocks\.(\d+)\./;
const layers: readonly (readonly [RegExp, string])[] = [
  [/^ln_1\./, 'layer_norm1.'],
  [/^ln_2\./, 'layer_norm2.'],
  [/^attn\.out_proj\./, 'self_attn.out_proj.'],
  [/^mlp\.c_fc\./, 'mlp.fc1.'],
  [/^mlp\.c_proj\./, 'mlp.fc2.'],
];
const outside: readonly (readonly [RegExp, string])[] = [
  [/^token_embedding\./, 'text_model.embeddings.token_embedding.'],
  [/^positional_embedding$/, 'text_model.embeddings.position_embedding.weight'],
  [/^ln_final\./, 'text_model.final_layer_norm.'],
];
const bare: readonly (readonly [RegExp, string])[] = [
  [/^(embeddings|encoder\.layers|final_layer_norm)\./, 'text_model.$1.'],
];

/** Whether a table's tensors, without a prefix, are those of OpenCLIP's text encoder. */
export function isOpenClip({ tensors }: TensorTable): boolean {
  return tensors.has('transformer.resblocks.0.attn.in_proj_weight') && tensors.has('positional_embedding');
}

/** Whether they are those of transformers' CLIP, with or without the first word. */
export function isClip({ tensors }: TensorTable): boolean {
  return ['text_model.', ''].some((first) => tensors.has(`${first}embeddings.position_embedding.weight`));
}

/** OpenCLIP's tensors under transformers' names. */
export function openClipToNamed(table: TensorTable): TensorTable {
  return moved(table, (entry) => {
    const [start = '', index = ''] = block.exec(entry.name) ?? [];
    if (start === '') return [{ ...entry, name: replaced(entry.name, outside) }];
    const layer = `text_model.encoder.layers.${index}`;
    const rest = entry.name.slice(start.length);
    const joined = /^attn\.in_proj_(weight|bias)$/.exec(rest)?.[1];
    return joined === undefined
      ? [{ ...entry, name: `${layer}.${replaced(rest, layers)}` }]
      : projections(entry, layer, joined);
  });
}

/** With the first word where it was left out. */
export function clipToNamed(table: TensorTable): TensorTable {
  return moved(table, (entry) => [{ ...entry, name: replaced(entry.name, bare) }]);
}

function projections(entry: TensorEntry, layer: string, kind: string): TensorEntry[] {
  return split(
    entry,
    ['q', 'k', 'v'].map((part) => `${layer}.self_attn.${part}_proj.${kind}`),
  );
}
