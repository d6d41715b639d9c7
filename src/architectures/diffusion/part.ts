/**
 * What one part of a diffusion model must tell of itself: a text encoder, a UNet, a VAE's half. Each becomes a graph of
 * its own with fixed shapes. Tensors go by the names of diffusers' and transformers' folders; `names/` brings others to these.
 */

import { invariant } from '../../base/assert.ts';
import { ok, type Result } from '../../base/result.ts';
import type { OnnxModel } from '../../formats/onnx/model.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { checkTable } from '../check-table.ts';
import { GraphBuilder, type GraphOutput, type Precision } from '../graph-builder.ts';
import { withPlainNames } from '../packed.ts';

/** What parts a model can have of those whose graphs are written here. */
export const partKinds = [
  'text-encoder',
  'unet',
  'controlnet',
  'vae-encoder',
  'vae-decoder',
  'taesd-encoder',
  'taesd-decoder',
  'ldsr-unet',
  'ldsr-decoder',
] as const;
export type PartKind = (typeof partKinds)[number];

/** The shapes that a graph is written for. */
export interface PartForm {
  readonly batch: number;
  /** Of the latent map: an eighth of the picture's sides. */
  readonly height: number;
  readonly width: number;
  /** Of the text: 77 a chunk. */
  readonly tokens: number;
}

export interface Part<S extends Structure = Structure> {
  readonly kind: PartKind;
  /** The structure that a table's names and shapes tell, or null when this part is not in it. */
  structure(table: TensorTable): S | null;
  /** The same from plain numbers; null when one is missing. */
  parse(numbers: Structure): S | null;
  /** Every tensor that the part has, in its order of use. */
  tensors(structure: S): readonly TensorSpec[];
  /** Declares its inputs, emits the network and returns its ends. Inputs and outputs are fp32, ids i32. */
  graph(builder: GraphBuilder, structure: S, form: PartForm): readonly GraphOutput[];
}

/** The part's graph over a table. Failures: `model-damaged` naming a tensor that is missing or misshapen. */
export function buildPart<S extends Structure>(
  part: Part<S>,
  table: TensorTable,
  structure: S,
  form: PartForm,
  precision: Precision,
): Result<OnnxModel> {
  const sides = [form.batch, form.height, form.width, form.tokens];
  invariant(
    sides.every((side) => Number.isSafeInteger(side) && side > 0),
    'A part needs sides of one and more',
  );
  const named = withPlainNames(table);
  const checked = checkTable(named, part.tensors(structure));
  if (!checked.ok) return checked;
  const builder = new GraphBuilder(named, precision, null, []);
  return ok(builder.finishWith(part.graph(builder, structure, form), part.kind));
}
