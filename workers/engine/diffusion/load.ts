/** From the files that come with a job to a diffusion model that can run: parts found, LoRAs merged, embeddings read. */

import { clip, withClipSkip } from '../../../src/architectures/diffusion/clip.ts';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import type { GivenWeights } from '../../../src/architectures/diffusion/checkpoint-parts.ts';
import { wholeModel, type WholeModel } from '../../../src/architectures/diffusion/checkpoint-whole.ts';
import { findParts, type FoundModel } from '../../../src/architectures/diffusion/checkpoint.ts';
import { controlnetWith } from '../../../src/architectures/diffusion/controlnet.ts';
import { readEmbedding, type Embedding } from '../../../src/architectures/diffusion/embedding.ts';
import { latentScaling } from '../../../src/architectures/diffusion/latent-scaling.ts';
import { hasReady } from '../../../src/architectures/diffusion/onnx-whole.ts';
import type { LoraLeft } from '../../../src/architectures/diffusion/lora.ts';
import { mergeLoras } from '../../../src/architectures/diffusion/lora-merge.ts';
import type { LoraPart } from '../../../src/architectures/diffusion/lora-targets.ts';
import { changesIn, leftIn, weightIn, withMerged } from '../../../src/architectures/diffusion/merged-part.ts';
import { taesdDecoder, taesdEncoder } from '../../../src/architectures/diffusion/taesd.ts';
import { unetMultiple } from '../../../src/architectures/diffusion/unet-structure.ts';
import { unetWith } from '../../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../../src/architectures/diffusion/vae-encoder.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { failure, ok, type Result } from '../../../src/base/result.ts';
import type { LoraTag } from '../../../src/diffusion/text/network-tags.ts';
import { endToken } from '../../../src/diffusion/text/tokenizer.ts';
import { blobStore } from '../../../src/formats/appended-table.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { DiffusionSource, MergedPart } from '../../../src/protocol/engine.ts';
import { chosenFiles, type ChosenLora } from '../../../src/recipes/chosen-files.ts';
import type { FullRefineStep } from '../../../src/recipes/refine.ts';
import { cancelled, type Go } from '../jobs/control.ts';
import { computableModel } from './computable.ts';
import { loadedPart, type LoadedModel } from './loaded-model.ts';
import { loadReady } from './onnx-load.ts';
import { previewPart } from './preview-part.ts';

export interface LoadOptions {
  readonly precision: Precision;
  /** Whether the runtime's fused attention makes no logits on this device, and is right there. */
  readonly flash: boolean;
  /** Whether the device computes in half precision what is written so; it does when absent. */
  readonly halves?: boolean;
  /** LoRAs that the prompt itself asks for, by the name of their file without its ending. */
  readonly tags: readonly LoraTag[];
  /** What whoever keeps the files knows and made beside them. */
  readonly known?: Pick<DiffusionSource, 'told' | 'merged'>;
  /** See `ComputableOptions`. */
  readonly widened?: number | undefined;
  readonly notice?: ((notice: Failure) => void) | undefined;
  readonly go?: Go;
}

/** With the embeddings that prompts may name, in the order of their vectors. */
export interface LoadedDiffusion {
  readonly model: LoadedModel;
  readonly embeddings: readonly Embedding[];
}

/** Failures: those of reading, finding and fitting parts; `model-unavailable` for a file that is named and not there; `cancelled`. */
export async function loadDiffusion(
  files: readonly NamedBlob[],
  step: FullRefineStep,
  { precision, flash, halves = true, tags, known = {}, widened, notice, go = () => true }: LoadOptions,
): Promise<Result<LoadedDiffusion>> {
  const chosen = chosenFiles(files, step, tags);
  if (!chosen.ok) return chosen;
  const read = await readDiffusionFiles(chosen.value.files);
  if (!read.ok) return read;
  const found = findParts(read.value.weights, read.value.configs, read.value.ready);
  if (!found.ok) return found;
  const told = known.told?.find(({ checkpoint }) => checkpoint === step.weights?.checkpoint);
  const described = { ...found.value, prediction: found.value.prediction ?? told?.prediction ?? null };
  if (hasReady(found.value)) {
    const { loras } = chosen.value;
    const model = await loadReady(described, step, { precision, flash, halves, loras, go });
    if (!model.ok) return model;
    if (!go()) return cancelled();
    const preview = await previewPart(found.value, precision);
    return ok({ model: { ...model.value, preview }, embeddings: [] });
  }
  const whole = wholeModel(found.value);
  if (!whole.ok) return whole;
  const ahead = known.merged ?? [];
  const merged = await withLoras(whole.value, found.value.loras, chosen.value.loras, ahead, {
    precision,
    notice,
    go,
  });
  if (!merged.ok) return merged;
  // After the LoRAs, so that these are merged into weights as exact as can be.
  const computable = await computableModel(merged.value, { precision, halves, widened, notice, go });
  if (!go()) return cancelled();
  const embeddings = await readEmbeddings(found.value.embeddings, whole.value.text.structure.width);
  if (!embeddings.ok) return embeddings;
  return ok({
    embeddings: embeddings.value,
    model: {
      ...assembled(computable, described, step, embeddings.value, { flash, widened }),
      preview: await previewPart(found.value, precision),
    },
  });
}

type MergeOptions = Pick<LoadOptions, 'precision' | 'notice' | 'go'>;

async function withLoras(
  model: WholeModel,
  files: readonly GivenWeights[],
  wanted: readonly ChosenLora[],
  merged: readonly MergedPart[],
  how: MergeOptions,
): Promise<Result<WholeModel>> {
  if (wanted.length === 0) return ok(model);
  const unet = await mergedPart('unet', model, files, wanted, merged, how);
  if (!unet.ok) return unet;
  const text = await mergedPart('text-encoder', model, files, wanted, merged, how);
  if (!text.ok) return text;
  const left = leftIn(tablesOf(model), files, wanted);
  if (!left.ok) return left;
  for (const lora of left.value) how.notice?.(leftNotice(lora));
  return ok({
    ...model,
    unet: { ...model.unet, table: unet.value },
    text: { ...model.text, table: text.value },
  });
}

async function mergedPart(
  part: LoraPart,
  model: WholeModel,
  files: readonly GivenWeights[],
  wanted: readonly ChosenLora[],
  merged: readonly MergedPart[],
  { precision, go }: MergeOptions,
): Promise<Result<TensorTable>> {
  const changes = changesIn(part, tablesOf(model), files, wanted);
  if (!changes.ok) return changes;
  const { table, from } = part === 'unet' ? model.unet : model.text;
  if (changes.value.size === 0) return ok(table);
  const ahead = merged.find((one) => one.part === part && one.from === from && isMergeOf(one, wanted));
  if (ahead) return withMerged(table, ahead.weights);
  return mergeLoras(table, changes.value, precision === 'fp16' ? 'f16' : 'f32', blobStore(), go);
}

function tablesOf({ unet, text }: WholeModel): ReadonlyMap<LoraPart, TensorTable> {
  return new Map([
    ['unet', unet.table],
    ['text-encoder', text.table],
  ]);
}

function leftNotice({ name, left, layers }: LoraLeft): Failure {
  return failure(
    'model-unsupported',
    `This model has no place for ${left} of the ${layers} layers of the LoRA "${name}", which takes effect without them. ` +
      'It was made for a model of another shape: take one for this model where the result is not what it should be.',
    { reason: 'lora-left', file: name, left, layers },
  );
}

function isMergeOf({ part, loras }: MergedPart, wanted: readonly ChosenLora[]): boolean {
  return (
    loras.length === wanted.length &&
    wanted.every((one, at) => loras[at]?.file === one.file && loras[at].weight === weightIn(part, one))
  );
}

async function readEmbeddings(files: readonly GivenWeights[], width: number): Promise<Result<Embedding[]>> {
  const embeddings: Embedding[] = [];
  for (const { name, table } of files) {
    const read = await readEmbedding(name, table, width);
    if (!read.ok) return read;
    embeddings.push(read.value);
  }
  return ok(embeddings);
}

function assembled(
  { text, unet, encoder, decoder, controlnet: control }: WholeModel,
  { base, prediction, clipSkip, latentScale }: FoundModel,
  step: FullRefineStep,
  embeddings: readonly Embedding[],
  { flash, widened }: Pick<LoadOptions, 'flash' | 'widened'>,
): LoadedModel {
  const reader = withClipSkip(text.structure, step.clipSkip ?? clipSkip);
  const inverted = embeddings.length > 0 ? 1 : 0;
  const scaling = (kind: Parameters<typeof latentScaling>[0]): number =>
    (kind.startsWith('vae') ? latentScale : null) ?? latentScaling(kind);
  return {
    traits: {
      prediction,
      scaling: { encoder: scaling(encoder.kind), decoder: scaling(decoder.kind) },
      contextWidth: unet.structure.context,
      padding: base === 'sd2' ? 0 : endToken,
      guidanceInput: unet.structure.condition > 0,
    },
    vocabulary: text.structure.vocabulary,
    vectors: inverted ? joinedVectors(embeddings) : null,
    text: loadedPart(clip, text.table, { ...reader, inverted }, widened),
    encoder:
      encoder.kind === 'vae-encoder'
        ? loadedPart(vaeEncoder, encoder.table, encoder.structure)
        : loadedPart(taesdEncoder, encoder.table, encoder.structure),
    unet: loadedPart(unetWith({ control: control !== null, flash }), unet.table, unet.structure, widened),
    decoder:
      decoder.kind === 'vae-decoder'
        ? loadedPart(vaeDecoder, decoder.table, decoder.structure)
        : loadedPart(taesdDecoder, decoder.table, decoder.structure),
    controlnet: control && loadedPart(controlnetWith({ flash }), control.table, control.structure, widened),
    multiple: unetMultiple(unet.structure),
  };
}

function joinedVectors(embeddings: readonly Embedding[]): Float32Array<ArrayBuffer> {
  const length = embeddings.reduce((sum, { values }) => sum + values.length, 0);
  const all = new Float32Array(length);
  let to = 0;
  for (const { values } of embeddings) {
    all.set(values, to);
    to += values.length;
  }
  return all;
}
