/**
 * The text encoders of Stable Diffusion: a causal transformer over 77 tokens (Radford et al., "Learning Transferable Visual Models From
 * Natural Language Supervision", 2021). SD 1.x has that of CLIP ViT-L/14 with QuickGELU, SD 2.x that of OpenCLIP ViT-H/14 with GELU, whose
 * last layer it leaves out. Input `input_ids` i32 [batch, 77], output `hidden` [batch, 77, width].
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { flags, numbers, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import { gelu } from '../ops/activations.ts';
import { linearSpecs, norm } from '../ops/channels-last.ts';
import { boundedAttention } from './bounded-attention.ts';
import { normalSpecs } from './layers.ts';
import type { Part, PartForm } from './part.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type ClipStructure = {
  readonly width: number;
  /** All that the file has. */
  readonly layers: number;
  /** Of the feed-forwards. */
  readonly hidden: number;
  readonly vocabulary: number;
  /** How many tokens it takes: 77. */
  readonly positions: number;
  /** 1 where x * sigmoid(1.702 x) stands for GELU. */
  readonly quick: number;
  /** How many of the last layers are left out; the final norm stays. */
  readonly skip: number;
  /** 1 when the graph takes vectors that stand for tokens (textual inversion): inputs `kept` and `vectors`. */
  readonly inverted: number;
};

const headWidth = 64;
const quickFactor = 1.702;
/** Every text encoder of OpenAI's CLIP is this wide or narrower; OpenCLIP's larger ones are wider and have GELU. */
const widestQuick = 768;
/** Of ViT-H/14; Stable Diffusion 2 takes what the layer before the last gives. */
const whole = { width: 1024, layers: 24 };
/** Far below every logit, and still a number in half precision. */
const never = -10000;

/** The text encoder of CLIP (Radford and others, 2021): [1, tokens] ids to [1, tokens, width]. */
export const clip: Part<ClipStructure> = {
  kind: 'text-encoder',

  structure(table: TensorTable): ClipStructure | null {
    const [vocabulary, width] = shapeOf(table, 'text_model.embeddings.token_embedding.weight', 2) ?? [];
    const [positions] = shapeOf(table, 'text_model.embeddings.position_embedding.weight', 2) ?? [];
    const [hidden] = shapeOf(table, `${layerName(0)}.mlp.fc1.weight`, 2) ?? [];
    if (
      width === undefined ||
      vocabulary === undefined ||
      positions === undefined ||
      hidden === undefined ||
      width % headWidth !== 0
    )
      return null;
    let layers = 1;
    while (table.tensors.has(`${layerName(layers)}.mlp.fc1.weight`)) layers++;
    const quick = width <= widestQuick ? 1 : 0;
    const skip = width === whole.width && layers === whole.layers ? 1 : 0;
    return { width, layers, hidden, vocabulary, positions, quick, skip, inverted: 0 };
  },

  parse(given: Structure): ClipStructure | null {
    const base = numbers(given, ['width', 'layers', 'hidden', 'vocabulary', 'positions']);
    const told = flags(given, ['quick', 'inverted']);
    const skip = given['skip'] ?? 0;
    if (!base || !told || base.width % headWidth !== 0) return null;
    if (typeof skip !== 'number' || !Number.isSafeInteger(skip) || skip < 0 || skip >= base.layers)
      return null;
    return { ...base, ...told, skip };
  },

  tensors({ width, layers, hidden, vocabulary, positions, skip }: ClipStructure): TensorSpec[] {
    const specs: TensorSpec[] = [
      { name: 'text_model.embeddings.token_embedding.weight', shape: [vocabulary, width] },
      { name: 'text_model.embeddings.position_embedding.weight', shape: [positions, width] },
    ];
    for (let layer = 0; layer < layers - skip; layer++) {
      const name = layerName(layer);
      specs.push(
        ...normalSpecs(`${name}.layer_norm1`, width),
        ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((part) =>
          linearSpecs(`${name}.self_attn.${part}`, width, width),
        ),
        ...normalSpecs(`${name}.layer_norm2`, width),
        ...linearSpecs(`${name}.mlp.fc1`, hidden, width),
        ...linearSpecs(`${name}.mlp.fc2`, width, hidden),
      );
    }
    return [...specs, ...normalSpecs('text_model.final_layer_norm', width)];
  },

  graph(builder: GraphBuilder, structure: ClipStructure, { batch }: PartForm): GraphOutput[] {
    const { width, layers, positions, quick, skip } = structure;
    const leading = [batch, positions];
    const dense = (value: string, name: string): string => builder.linear(value, name, leading);
    // A few tokens only, and the runtime's own operator is not right on every device: see there.
    const form = { batch, width, heads: width / headWidth, queries: positions, keys: positions };
    const mask = causalMask(builder, positions);
    let value = embedded(builder, structure, leading);
    for (let layer = 0; layer < layers - skip; layer++) {
      const name = layerName(layer);
      const seen = norm(builder, value, `${name}.layer_norm1`);
      const of = (part: string): string => dense(seen, `${name}.self_attn.${part}_proj`);
      const mixed = boundedAttention(builder, [of('q'), of('k'), of('v')], form, mask);
      value = builder.node('Add', [value, dense(mixed, `${name}.self_attn.out_proj`)]);
      const wide = dense(norm(builder, value, `${name}.layer_norm2`), `${name}.mlp.fc1`);
      const active = quick
        ? builder.contrib('QuickGelu', [wide], { alpha: { float: quickFactor } })
        : gelu(builder, wide);
      value = builder.node('Add', [value, dense(active, `${name}.mlp.fc2`)]);
    }
    const hidden = builder.outOfCompute(norm(builder, value, 'text_model.final_layer_norm'));
    return [{ name: 'hidden', value: hidden, shape: [...leading, width] }];
  },
};

/** With a clip skip as people count it: 1 takes the layer that the model was trained with, 2 the one before; null is 1. */
export function withClipSkip(structure: ClipStructure, clipSkip: number | null): ClipStructure {
  const skip = structure.skip + (clipSkip ?? 1) - 1;
  return { ...structure, skip: Math.min(Math.max(skip, 0), structure.layers - 1) };
}

/** Vectors of the tokens and of their places. Where `kept` is 0 a given vector stands for the token's own. */
function embedded(builder: GraphBuilder, structure: ClipStructure, leading: readonly number[]): string {
  const ids = builder.input('input_ids', 'i32', leading);
  let value = builder.rows('text_model.embeddings.token_embedding.weight', ids);
  if (structure.inverted) {
    const kept = builder.intoCompute(builder.input('kept', 'f32', [...leading, 1]));
    const vectors = builder.intoCompute(builder.input('vectors', 'f32', [...leading, structure.width]));
    value = builder.node('Add', [builder.node('Mul', [value, kept]), vectors]);
  }
  return builder.node('Add', [value, builder.weight('text_model.embeddings.position_embedding.weight')]);
}

/** [1, 1, positions, positions]: a token sees itself and those before it. Folded when a session is created. */
function causalMask(builder: GraphBuilder, positions: number): string {
  const all = builder.node('Expand', [
    builder.floats([never]),
    builder.integers([1, 1, positions, positions]),
  ]);
  const above = builder.node('Trilu', [all, builder.integers([1])], { upper: { int: 1 } });
  return builder.intoCompute(above);
}

function layerName(layer: number): string {
  return `text_model.encoder.layers.${layer}`;
}
