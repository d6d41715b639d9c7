/**
 * What LoRAs change in the parts of a model (Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021), or why
 * they do not fit. Only headers are read.
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { becomesSingle } from '../../formats/convert-dtypes.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import { withPlainNames } from '../packed.ts';
import { loraLayers, type LoraLayer } from './lora-names.ts';
import { layerAddress, targetIndex, type LoraPart } from './lora-targets.ts';
import { packedIn } from './widened.ts';

export interface GivenLora {
  /** For messages. */
  readonly name: string;
  readonly table: TensorTable;
  /** 1 as it was trained; 0 leaves it out. */
  readonly weight: number;
}

/** One LoRA's change of one tensor: weight * alpha / rank * up @ down. */
export interface LoraChange {
  readonly lora: GivenLora;
  readonly down: TensorEntry;
  readonly up: TensorEntry;
  readonly mid: TensorEntry | null;
  /** Null for one as large as the rank. */
  readonly alpha: TensorEntry | null;
}

/** By the name of the tensor that they change. */
export type LoraChanges = ReadonlyMap<string, readonly LoraChange[]>;

export interface LoraPlan {
  readonly changes: ReadonlyMap<LoraPart, LoraChanges>;
  /** The LoRAs that have layers for which there is no place here. */
  readonly left: readonly LoraLeft[];
}

/** How much of a LoRA changes nothing, as these parts have no such layers. */
export interface LoraLeft {
  /** As it is given. */
  readonly name: string;
  readonly left: number;
  /** All that it has. */
  readonly layers: number;
}

/**
 * What these LoRAs change in parts with canonical names. Failures: `model-unsupported` for a LoRA of another base
 * (`reason: 'lora-base'`), another kind of adaptation ('lora-kind') or a base of few bits in another program's way ('lora-quantised'), and
 * `model-damaged` for one whose layers are not whole.
 */
export function planLoras(
  given: ReadonlyMap<LoraPart, TensorTable>,
  loras: readonly GivenLora[],
): Result<LoraPlan> {
  const parts = new Map([...given].map(([part, table]) => [part, withPlainNames(table)]));
  const indices = new Map([...parts].map(([part, table]) => [part, targetIndex(part, table)]));
  const changes = new Map([...parts.keys()].map((part) => [part, new Map<string, LoraChange[]>()]));
  const left: LoraLeft[] = [];
  for (const lora of loras) {
    const layers = loraLayers(lora.table);
    const foreign = foreignBase(layers);
    if (foreign !== null) return otherBase(lora, foreign, parts);
    let applied = 0;
    for (const [layerName, layer] of layers) {
      const address = layerAddress(layerName);
      const target = address && indices.get(address.part)?.get(address.key);
      const table = address && parts.get(address.part);
      const entry = target ? table?.tensors.get(target) : undefined;
      if (!address || !table || !entry) {
        continue;
      }
      const mergeable = isFloat(entry) || packedIn(table, entry.name) !== null;
      const change = changeOf(lora, layerName, layer, entry, mergeable);
      if (!change.ok) return change;
      if (change.value === null) return otherBase(lora, baseOfLora(layers), parts);
      const list = changes.get(address.part);
      list?.set(entry.name, [...(list.get(entry.name) ?? []), change.value]);
      applied++;
    }
    if (applied === 0) return otherBase(lora, baseOfLora(layers), parts);
    if (applied < layers.size)
      left.push({ name: lora.name, left: layers.size - applied, layers: layers.size });
  }
  return ok({ changes, left });
}

/** Null when the shapes do not fit. */
function changeOf(
  lora: GivenLora,
  name: string,
  { down, up, mid, alpha, other }: LoraLayer,
  target: TensorEntry,
  mergeable: boolean,
): Result<LoraChange | null> {
  if (other) return otherKind(lora, other.name);
  if (!down || !up) {
    const what = `The LoRA "${lora.name}" is damaged: the layer "${name}" has only one of its two matrices.`;
    return fail('model-damaged', `${what} Fetch it again.`, { reason: 'lora-layer', tensor: name });
  }
  if (!mergeable) {
    return fail(
      'model-unsupported',
      `The LoRA "${lora.name}" changes "${target.name}", which is quantised in this model. ` +
        'Take the model in fp16 or fp32: a LoRA is merged before a model is quantised.',
      { reason: 'lora-quantised', tensor: target.name },
    );
  }
  const [rank = 0] = down.shape;
  const [outputs = 0] = target.shape;
  const [middle = 0, ranks = 0] = mid?.shape ?? [rank, rank];
  const inputs = valueCount(mid ? [...down.shape.slice(1), ...mid.shape.slice(2)] : down.shape.slice(1));
  const fits =
    rank > 0 &&
    ranks === rank &&
    outputs * inputs === valueCount(target.shape) &&
    up.shape[0] === outputs &&
    valueCount(up.shape) === outputs * middle;
  return ok(fits ? { lora, down, up, mid: mid ?? null, alpha: alpha ?? null } : null);
}

function isFloat({ dtype }: TensorEntry): boolean {
  return dtype === 'f32' || dtype === 'f16' || becomesSingle(dtype);
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/\.hada_/, 'LoHa'],
  [/\.lokr_/, 'LoKr'],
  [/\.oft_/, 'OFT'],
  [/\.(diff|diff_b|w_norm|b_norm)$/, 'LyCORIS with whole tensors'],
];

function otherKind({ name }: GivenLora, tensor: string): Result<never> {
  const kind = kinds.find(([pattern]) => pattern.test(tensor))?.[1] ?? 'DoRA';
  return fail(
    'model-unsupported',
    `"${name}" is of the kind ${kind}, which Enlarger does not merge. Take a plain LoRA.`,
    { reason: 'lora-kind', kind, file: name },
  );
}

const stableDiffusion1 = 'Stable Diffusion 1';
const stableDiffusion2 = 'Stable Diffusion 2';
const unknownNetwork = 'another network';

/** Layers that only networks of other families have. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/(double|single)_blocks[._]|single_transformer_blocks/, 'Flux'],
  [/joint_blocks|^transformer[._]|^lora_transformer_/, 'Stable Diffusion 3 or Flux'],
  [/^lora_te2_|^text_encoder_2\.|transformer_blocks[._][1-9]/, 'Stable Diffusion XL'],
  [/^lora_prior_|^lora_te3_/, 'another family of models'],
];

/** The other family that a LoRA's names tell, or null. */
function foreignBase(layers: ReadonlyMap<string, LoraLayer>): string | null {
  for (const [pattern, base] of foreign) {
    for (const name of layers.keys()) if (pattern.test(name)) return base;
  }
  return null;
}

/** Families by the width of the text that a UNet attends to. */
const bases: ReadonlyMap<number, string> = new Map([
  [768, stableDiffusion1],
  [1024, stableDiffusion2],
  [2048, 'Stable Diffusion XL'],
]);

function baseOfLora(layers: ReadonlyMap<string, LoraLayer>): string {
  for (const [name, { down }] of layers) {
    if (/attn2[._](processor\.)?to_[kv]$/.test(name)) return bases.get(down?.shape[1] ?? 0) ?? unknownNetwork;
  }
  for (const [name, { down }] of layers) {
    if (/^(lora_te|text_encoder|text_model).*[qkv](_proj)?$/.test(name))
      return bases.get(down?.shape[1] ?? 0) ?? unknownNetwork;
  }
  return unknownNetwork;
}

/** What a LoRA was made for, by the names and shapes of its layers; `base` is null where these do not tell. */
export function loraBase(table: TensorTable): {
  readonly name: string;
  readonly base: 'sd1' | 'sd2' | null;
  readonly foreign: boolean;
} {
  const layers = loraLayers(table);
  const name = foreignBase(layers) ?? baseOfLora(layers);
  const base = name === stableDiffusion1 ? 'sd1' : name === stableDiffusion2 ? 'sd2' : null;
  return { name, base, foreign: base === null && name !== unknownNetwork };
}

function baseOfParts(parts: ReadonlyMap<LoraPart, TensorTable>): string {
  for (const { name, shape } of parts.get('unet')?.tensors.values() ?? []) {
    if (name.endsWith('attn2.to_k.weight')) return bases.get(shape[1] ?? 0) ?? unknownNetwork;
  }
  const words = parts.get('text-encoder')?.tensors.get('text_model.embeddings.token_embedding.weight');
  return bases.get(words?.shape[1] ?? 0) ?? unknownNetwork;
}

function otherBase(
  { name }: GivenLora,
  needs: string,
  parts: ReadonlyMap<LoraPart, TensorTable>,
): Result<never> {
  const base = baseOfParts(parts);
  const why =
    needs === base ? `is for ${needs} too, but for a network of another shape` : `was made for ${needs}`;
  return fail(
    'model-unsupported',
    `The LoRA "${name}" ${why}, and this model is ${base}. Take a LoRA that was made for this model.`,
    { reason: 'lora-base', file: name, needs, base },
  );
}
