/** A diffusion model as the engine holds it: its parts' graphs, written when their shapes are known, over the files' own bytes. */

import type { Structure } from '../../../src/architectures/architecture.ts';
import { buildPart, type Part, type PartForm } from '../../../src/architectures/diffusion/part.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Result } from '../../../src/base/result.ts';
import type { ModelTraits } from '../../../src/diffusion/refine/networks.ts';
import type { OnnxModel } from '../../../src/formats/onnx/model.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';

export interface LoadedPart {
  readonly weights: Blob;
  /** Failures: `model-damaged`. */
  graph(form: PartForm, precision: Precision): Result<OnnxModel>;
}

/** What the files tell; null where they do not say what the UNet predicts. */
export type LoadedTraits = Omit<ModelTraits, 'prediction'> & {
  readonly prediction: ModelTraits['prediction'] | null;
};

export interface LoadedModel {
  readonly traits: LoadedTraits;
  /** How many tokens the text encoder has; those above name rows of `vectors` (textual inversion). */
  readonly vocabulary: number;
  readonly vectors: Float32Array | null;
  readonly text: LoadedPart;
  readonly encoder: LoadedPart;
  readonly unet: LoadedPart;
  readonly decoder: LoadedPart;
  readonly controlnet: LoadedPart | null;
  /** What the sides of the UNet's maps must be a multiple of. */
  readonly multiple: number;
}

export function loadedPart<S extends Structure>(part: Part<S>, table: TensorTable, structure: S): LoadedPart {
  return {
    weights: table.blob,
    graph: (form, precision) => buildPart(part, table, structure, form, precision),
  };
}
