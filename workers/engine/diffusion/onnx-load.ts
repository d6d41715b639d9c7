/** A model of which ready-made ONNX graphs are parts, made ready to run: the graphs as they are, and what tensors make of the rest. */

import type { Structure } from '../../../src/architectures/architecture.ts';
import { clip, withClipSkip } from '../../../src/architectures/diffusion/clip.ts';
import type { FoundModel } from '../../../src/architectures/diffusion/checkpoint.ts';
import { latentScaling } from '../../../src/architectures/diffusion/latent-scaling.ts';
import type { ReadyPart } from '../../../src/architectures/diffusion/onnx-part.ts';
import { isReady, mixedModel, type MixedModel } from '../../../src/architectures/diffusion/onnx-whole.ts';
import type { Part } from '../../../src/architectures/diffusion/part.ts';
import { taesdDecoder, taesdEncoder } from '../../../src/architectures/diffusion/taesd.ts';
import { unetMultiple } from '../../../src/architectures/diffusion/unet-structure.ts';
import { unetWith } from '../../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../../src/architectures/diffusion/vae-encoder.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import { endToken } from '../../../src/diffusion/text/tokenizer.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { FullRefineStep } from '../../../src/recipes/refine.ts';
import type { Go } from '../jobs/control.ts';
import { computableTable } from './computable.ts';
import { loadedPart, type LoadedModel, type LoadedPart } from './loaded-model.ts';
import { halfRefusal, readyRefusal } from './onnx-refusal.ts';

interface ReadyOptions {
  readonly precision: Precision;
  readonly flash: boolean;
  /** Whether the device computes in half precision what is written so. */
  readonly halves: boolean;
  /** What prompts and the recipe name. */
  readonly loras: readonly { readonly file: string }[];
  /** See `ComputableOptions`. */
  readonly go?: Go;
}

/** Of CLIP's tokenizer. */
const clipVocabulary = 49408;

/**
 * Failures: those of `mixedModel`; `model-unsupported` for what changes a model, which no graph lets in (LoRAs, textual inversions, clip
 * skip, a ControlNet), and for half precision where the device has none.
 */
export async function loadReady(
  found: FoundModel,
  step: FullRefineStep,
  { precision, flash, halves, loras, go }: ReadyOptions,
): Promise<Result<LoadedModel>> {
  const mixed = mixedModel(found);
  if (!mixed.ok) return mixed;
  const refused = readyRefusal(mixed.value, found, step, loras) ?? (halves ? null : halfRefusal(mixed.value));
  if (refused !== null) return fail('model-unsupported', refused, { reason: 'onnx' });
  const { text, unet, encoder, decoder, width } = mixed.value;
  const made = async <S extends Structure>(
    part: Part<S>,
    { table, structure }: { readonly table: TensorTable; readonly structure: S },
  ): Promise<LoadedPart> => loadedPart(part, await computableTable(table, precision, halves, go), structure);
  return ok({
    traits: {
      prediction: found.prediction,
      scaling: { encoder: scalingOf(encoder, found), decoder: scalingOf(decoder, found) },
      contextWidth: width,
      padding: found.base === 'sd2' ? 0 : endToken,
      guidanceInput: (isReady(unet) ? unet : unet.structure).condition > 0,
    },
    vocabulary: isReady(text) ? clipVocabulary : text.structure.vocabulary,
    vectors: null,
    text: !isReady(text)
      ? await made(clip, {
          ...text,
          structure: { ...withClipSkip(text.structure, clipSkip(found, step)), inverted: 0 },
        })
      : readyPart(text, width),
    encoder:
      encoder.kind === 'taesd-encoder'
        ? await made(taesdEncoder, encoder)
        : !isReady(encoder)
          ? await made(vaeEncoder, encoder)
          : readyPart(encoder, width),
    unet: !isReady(unet) ? await made(unetWith({ control: false, flash }), unet) : readyPart(unet, width),
    decoder:
      decoder.kind === 'taesd-decoder'
        ? await made(taesdDecoder, decoder)
        : !isReady(decoder)
          ? await made(vaeDecoder, decoder)
          : readyPart(decoder, width),
    controlnet: null,
    multiple: isReady(unet) ? unet.multiple : unetMultiple(unet.structure),
    fixed: fixedOf(mixed.value),
  });
}

function clipSkip({ clipSkip: told }: FoundModel, step: FullRefineStep): number | null {
  return step.clipSkip ?? told;
}

/** The graph is what it is, in whatever precision. */
function readyPart(ready: ReadyPart, width: number): LoadedPart {
  return {
    weights: ready.graph.header.table.blob,
    graph: (form) => ok({ name: ready.from, ready: { ...ready, width }, form, inputs: [] }),
    fixed: true,
    ...(ready.sides.batch !== null && { batch: ready.sides.batch }),
  };
}

function scalingOf(half: MixedModel['encoder'] | MixedModel['decoder'], { latentScale }: FoundModel): number {
  const tiny = isReady(half) ? half.tiny : half.kind.startsWith('taesd');
  return tiny ? latentScaling('taesd-decoder') : (latentScale ?? latentScaling('vae-decoder'));
}

/** The lengths that graphs insist on; a VAE's graph is given smaller maps filled up. */
function fixedOf({ unet, encoder, decoder }: MixedModel): NonNullable<LoadedModel['fixed']> {
  const sides = [encoder, decoder].flatMap((half) => (isReady(half) ? [half.sides.latent] : []));
  const vae = sides.filter((side) => side !== null);
  return {
    unet: isReady(unet) ? unet.sides.latent : null,
    tokens: isReady(unet) ? unet.sides.tokens : null,
    vae: vae.length > 0 ? Math.min(...vae) : null,
  };
}
