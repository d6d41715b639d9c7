/**
 * How files name the tensors of a low-rank adaptation (LoRA): kohya's sd-scripts with underscores, diffusers with the
 * names of its folders, in its old and its new form (PEFT).
 */

import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';

/** What a tensor is in its layer; `other` is of an adaptation that is no plain LoRA. */
type Role = 'down' | 'up' | 'mid' | 'alpha' | 'other';

/** Ends of names, without the dot before; the first that fits counts. */
const ends: readonly (readonly [RegExp, Role])[] = [
  [/[._]lora[._]down\.weight$/, 'down'],
  [/[._]lora[._]up\.weight$/, 'up'],
  [/\.lora_linear_layer\.down\.weight$/, 'down'],
  [/\.lora_linear_layer\.up\.weight$/, 'up'],
  [/\.lora_A(\.\w+)?\.weight$/, 'down'],
  [/\.lora_B(\.\w+)?\.weight$/, 'up'],
  [/\.lora_mid\.weight$/, 'mid'],
  [/([._]lora|\.lora_linear_layer)?\.alpha$/, 'alpha'],
  [/\.(hada_[wt]\w+|lokr_[wt]\w+|oft_\w+|dora_scale|lora_magnitude_vector(\.\w+)*)$/, 'other'],
  [/\.(diff|diff_b|w_norm|b_norm)$/, 'other'],
];

/** One layer of a LoRA, as far as its file has it. */
export interface LoraLayer {
  readonly down?: TensorEntry;
  readonly up?: TensorEntry;
  readonly mid?: TensorEntry;
  readonly alpha?: TensorEntry;
  /** A tensor of another kind of adaptation. */
  readonly other?: TensorEntry;
}

/** Whether a file is a LoRA, or one of the adaptations that are named like one (LoHa, LoKr, DoRA). */
export function isLora(table: TensorTable): boolean {
  for (const name of table.tensors.keys()) {
    if (ends.some(([end, role]) => role !== 'alpha' && end.test(name))) return true;
  }
  return false;
}

/** The layers by the name that stands before the tensors' own, as the file has it. Tensors of no layer are left out. */
export function loraLayers(table: TensorTable): ReadonlyMap<string, LoraLayer> {
  const layers = new Map<string, LoraLayer>();
  for (const entry of table.tensors.values()) {
    const [end, role] = ends.find(([pattern]) => pattern.test(entry.name)) ?? [];
    if (!end || !role) continue;
    const name = entry.name.replace(end, '');
    layers.set(name, { ...layers.get(name), [role]: entry });
  }
  // Networks have tensors named so too.
  for (const [name, { down, up, other }] of layers) if (!down && !up && !other) layers.delete(name);
  return layers;
}
