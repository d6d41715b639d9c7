/** From files as a person gives them to what is kept of them: which parts of a diffusion model they hold, and which of the files matter. */

import type { TensorSpec } from '../architectures/architecture.ts';
import { readDiffusionFiles } from '../architectures/diffusion/checkpoint-files.ts';
import type { GivenWeights } from '../architectures/diffusion/checkpoint-parts.ts';
import { findParts, type FoundModel } from '../architectures/diffusion/checkpoint.ts';
import { samplingOfLora } from '../architectures/diffusion/checkpoint-told.ts';
import { clip } from '../architectures/diffusion/clip.ts';
import { controlnet } from '../architectures/diffusion/controlnet.ts';
import { readEmbedding } from '../architectures/diffusion/embedding.ts';
import { ldsrDecoder } from '../architectures/diffusion/ldsr-decoder.ts';
import { ldsrUnet } from '../architectures/diffusion/ldsr-unet.ts';
import { loraBase } from '../architectures/diffusion/lora.ts';
import type { ReadyPart } from '../architectures/diffusion/onnx-part.ts';
import { taesdDecoder, taesdEncoder } from '../architectures/diffusion/taesd.ts';
import { unet } from '../architectures/diffusion/unet.ts';
import { vaeDecoder } from '../architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../architectures/diffusion/vae-encoder.ts';
import { supported } from '../architectures/diffusion/checkpoint-foreign.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { valueCount } from '../formats/tensor-bytes.ts';
import { wholeName } from '../formats/shards.ts';
import type { NamedBlob } from '../formats/weights-file.ts';
import type { DiffusionModel, DiffusionPart } from './diffusion-entry.ts';
import { nameOfFile } from './imported.ts';

export interface FoundDiffusion {
  readonly model: DiffusionModel;
  /** Those of the files that are worth keeping: weights of each part once, and configs. */
  readonly files: readonly NamedBlob[];
}

/** Which tensor lies in which shard, as the shards say themselves. */
const shardIndex = /\.index\.json$/i;

/**
 * Only headers are read. Failures: `model-unsupported` for other families by their names, `model-unrecognised` for files that hold nothing
 * of this, and those of reading and finding parts.
 */
export async function recogniseDiffusion(files: readonly NamedBlob[]): Promise<Result<FoundDiffusion>> {
  const read = await readDiffusionFiles(files);
  if (!read.ok) return read;
  const found = findParts(read.value.weights, read.value.configs, read.value.ready);
  if (!found.ok) return found;
  const bases = await basesOf(found.value);
  if (!bases.ok) return bases;
  const parts = partsOf(found.value);
  if (parts.length === 0) return nothing(files);
  const { base, prediction, sampling, loras, embeddings } = found.value;
  const drawing = parts.some(({ kind }) => kind === 'unet');
  const used = new Set([
    ...Object.values(found.value.parts).flatMap((part) => (part ? [part.from] : [])),
    ...Object.values(found.value.ready).flatMap(({ graph }) => graph.files),
    ...[...loras, ...embeddings, ...read.value.configs].map(({ name }) => name),
  ]);
  const kept = files.filter(({ name }) => used.has(wholeName(name)) && !shardIndex.test(name));
  return ok({
    model: {
      name: nameOf(files),
      parts,
      base: base ?? bases.value,
      prediction: drawing ? prediction : null,
      sampling: sampling ?? (drawing ? null : samplingOfLoras(loras)),
      files: kept.map(({ name, blob }) => ({ name, bytes: blob.size })),
    },
    files: kept,
  });
}

function partsOf({ parts, ready, loras, embeddings }: FoundModel): DiffusionPart[] {
  const {
    unet: drawer,
    controlnet: control,
    'text-encoder': text,
    'vae-encoder': encoder,
    'vae-decoder': decoder,
    'taesd-encoder': tinyEncoder,
    'taesd-decoder': tinyDecoder,
    'ldsr-unet': enlarger,
    'ldsr-decoder': coded,
  } = parts;
  return [
    ...(drawer ? [part('unet', unet.tensors(drawer.structure))] : []),
    ...(text ? [part('text-encoder', clip.tensors(text.structure))] : []),
    ...(encoder ? [part('vae-encoder', vaeEncoder.tensors(encoder.structure))] : []),
    ...(decoder ? [part('vae-decoder', vaeDecoder.tensors(decoder.structure))] : []),
    ...(tinyEncoder ? [part('taesd-encoder', taesdEncoder.tensors(tinyEncoder.structure))] : []),
    ...(tinyDecoder ? [part('taesd-decoder', taesdDecoder.tensors(tinyDecoder.structure))] : []),
    ...(control ? [part('controlnet', controlnet.tensors(control.structure))] : []),
    ...(enlarger ? [part('ldsr-unet', ldsrUnet.tensors(enlarger.structure))] : []),
    ...(coded ? [part('ldsr-decoder', ldsrDecoder.tensors(coded.structure))] : []),
    ...Object.values(ready).map(readyPart),
    ...loras.map(({ table }) => part('lora', [...table.tensors.values()])),
    ...embeddings.map(({ table }) => part('embedding', [...table.tensors.values()])),
  ];
}

function readyPart({ kind, tiny, values }: ReadyPart): DiffusionPart {
  const half = kind === 'vae-encoder' ? 'taesd-encoder' : 'taesd-decoder';
  return { kind: tiny ? half : kind, values, ready: true };
}

function part(kind: DiffusionPart['kind'], specs: readonly Pick<TensorSpec, 'shape'>[]): DiffusionPart {
  return { kind, values: specs.reduce((sum, { shape }) => sum + valueCount(shape), 0) };
}

function samplingOfLoras(loras: readonly GivenWeights[]): DiffusionModel['sampling'] {
  const told = loras.map(({ name, notes }) => samplingOfLora(name, notes));
  return told.find((sampling) => sampling !== null) ?? null;
}

type Base = DiffusionModel['base'];

/** The base of LoRAs and embeddings, which no part tells; the failure of one of another family. */
async function basesOf({ loras, embeddings }: FoundModel): Promise<Result<Base>> {
  let base: Base = null;
  for (const lora of loras) {
    const made = loraBase(lora.table);
    if (made.foreign) return foreignLora(lora, made.name);
    base ??= made.base;
  }
  for (const embedding of embeddings) {
    const first = await readEmbedding(embedding.name, embedding.table, 768);
    const read = first.ok ? first : await readEmbedding(embedding.name, embedding.table, 1024);
    if (!read.ok) return read.error.detail?.['reason'] === 'embedding-base' ? foreignWords(embedding) : read;
    base ??= first.ok ? 'sd1' : 'sd2';
  }
  return ok(base);
}

function foreignLora({ name }: GivenWeights, needs: string): Result<never> {
  return fail(
    'model-unsupported',
    `The LoRA "${name}" was made for ${needs}, which Enlarger cannot redraw with. Take a LoRA for ${supported}.`,
    { reason: 'diffusion-family', family: needs, name },
  );
}

function foreignWords({ name }: GivenWeights): Result<never> {
  return fail(
    'model-unsupported',
    `The textual inversion "${name}" was made for another family (its words have neither 768 nor 1024 values), which Enlarger cannot ` +
      `redraw with. Take one for ${supported}.`,
    { reason: 'diffusion-family', family: 'embedding', name },
  );
}

function nothing(files: readonly NamedBlob[]): Result<never> {
  const name = files[0]?.name ?? '';
  return fail('model-unrecognised', `"${name}" holds no part of a diffusion model that Enlarger knows.`, {
    name,
  });
}

/** Of the folder, or of the only file. */
function nameOf(files: readonly NamedBlob[]): string {
  const first = files[0]?.name ?? '';
  const [folder = ''] = first.split('/');
  return files.length > 1 && first.includes('/') ? folder : nameOfFile(first) || first;
}
