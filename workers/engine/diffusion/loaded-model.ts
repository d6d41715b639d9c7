/** A diffusion model as the engine holds it: its parts' graphs, written when their shapes are known, over the files' own bytes. */

import type { Structure } from '../../../src/architectures/architecture.ts';
import { callMemory, type CallMemory } from '../../../src/architectures/diffusion/call-memory.ts';
import { buildPart, type Part, type PartForm } from '../../../src/architectures/diffusion/part.ts';
import type { PartSource } from '../../../src/architectures/diffusion/store-plan.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Result } from '../../../src/base/result.ts';
import type { ModelTraits } from '../../../src/diffusion/refine/networks.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { Go } from '../jobs/control.ts';
import { fewInFull, fullTable } from './computable.ts';
import type { PartGraph } from './onnx-graph.ts';

export interface LoadedPart {
  readonly weights: Blob;
  /** Failures: `model-damaged`. */
  graph(form: PartForm, precision: Precision): Result<PartGraph>;
  /** What a call takes; absent, or null, where that is not known. */
  memory?(form: PartForm, precision: Precision): CallMemory | null;
  /** Whether it is the same graph in any precision. */
  readonly fixed?: boolean;
  /** As many as every call takes, where the graph insists on that: fewer are filled up. */
  readonly batch?: number;
  /** What computes in full precision in its place on a GPU; it does itself when absent. */
  readonly full?: {
    /** Whether that has weights of few bits, which take a while to make. */
    few(): boolean;
    /** Ended by `go` it is nothing that should be opened. */
    made(go?: Go): Promise<LoadedPart>;
  };
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
  /** Decodes latents as they are, quickly and roughly. */
  readonly preview?: LoadedPart | null;
  /** What the sides of the UNet's maps must be a multiple of. */
  readonly multiple: number;
  /** Lengths that ready-made graphs insist on, null for none: the side of the UNet's map, its tokens, and the largest side for the VAE. */
  readonly fixed?: {
    readonly unet: number | null;
    readonly tokens: number | null;
    readonly vae: number | null;
  };
}

/** `widened`: see `ComputableOptions`. */
export function loadedPart<S extends Structure>(
  part: Part<S>,
  table: TensorTable,
  structure: S,
  widened?: number,
): LoadedPart {
  const source = (): PartSource => ({ table, specs: part.tensors(structure) });
  const graph = (form: PartForm, precision: Precision): ReturnType<typeof buildPart> =>
    buildPart(part, table, structure, form, precision);
  return {
    weights: table.blob,
    graph,
    full: {
      few: () => fewInFull(source(), widened),
      made: async (go) => loadedPart(part, await fullTable(source(), widened, go), structure),
    },
    memory: (form, precision) => {
      const built = graph(form, precision);
      return built.ok ? callMemory(built.value) : null;
    },
  };
}
