/**
 * How far a part of a diffusion model in fewer bits is from what it was made of: both give their answers to the same golden inputs,
 * one after the other, so that only one of them is held.
 */

import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import type { Structure } from '../../../src/architectures/architecture.ts';
import { findParts, type FoundParts } from '../../../src/architectures/diffusion/checkpoint.ts';
import { clip } from '../../../src/architectures/diffusion/clip.ts';
import { latentScaling } from '../../../src/architectures/diffusion/latent-scaling.ts';
import type { Part, PartForm } from '../../../src/architectures/diffusion/part.ts';
import { taesdDecoder } from '../../../src/architectures/diffusion/taesd.ts';
import { unetWith } from '../../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../../src/architectures/diffusion/vae-decoder.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import { at } from '../../../src/base/assert.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import { allFinite } from '../../../src/diffusion/refine/planes.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { DriftRequest } from '../../../src/protocol/drift.ts';
import { computableTable, fewInFull } from './computable.ts';
import {
  decoderForm,
  decoderInputs,
  textForm,
  textInputs,
  unetForm,
  unetInputs,
  type Inputs,
} from './drift-inputs.ts';
import { loadedPart, type LoadedPart } from './loaded-model.ts';
import type { OpenPart } from './part-session.ts';

type Floats = Float32Array<ArrayBuffer>;

export interface DriftOptions {
  readonly precision: Precision;
  /** See `LoadOptions`, as the next. */
  readonly flash: boolean;
  readonly halves?: boolean;
  /** See `ComputableOptions`: larger parts are not widened, as a job brings them to 8 bits, which would be no original. */
  readonly widened?: number;
  readonly open: OpenPart;
  /** Asked between any two calls. */
  readonly cancelled: () => Promise<boolean>;
}

/** One of the two, and what is asked of it. */
interface Asked {
  readonly part: LoadedPart;
  readonly form: PartForm;
  readonly inputs: readonly Inputs[];
  readonly output: string;
  /** Equal for parts of which one was made of the other. */
  readonly shape: string;
}

/**
 * The relative root mean square difference. Failures: those of reading, `model-unavailable` for files without the part, `model-unsupported`
 * for two that are not the same network, `model-damaged` for values that are no numbers, `out-of-memory`, `gpu-lost`, `cancelled`.
 */
export async function measureDrift(
  { part, original, variant }: Pick<DriftRequest, 'part' | 'original' | 'variant'>,
  options: DriftOptions,
): Promise<Result<number>> {
  const found = await partsIn(original);
  if (!found.ok) return found;
  const context = await contextOf(part, found.value, options);
  if (!context.ok) return context;
  const first = await askedOf(part, found.value, context.value, options);
  if (!first.ok) return first;
  const expected = await answersOf(first.value, options);
  if (!expected.ok) return expected;
  const others = await partsIn(variant);
  if (!others.ok) return others;
  const second = await askedOf(part, others.value, context.value, options);
  if (!second.ok) return second;
  if (second.value.shape !== first.value.shape) {
    const message = `What is compared is not the same ${words[part]}: take the files that one was made of.`;
    return fail('model-unsupported', message, { reason: 'misfit', part });
  }
  const answers = await answersOf(second.value, options);
  return answers.ok ? ok(relativeRms(answers.value, expected.value)) : answers;
}

const words: Readonly<Record<DriftRequest['part'], string>> = {
  unet: 'UNet',
  'text-encoder': 'text encoder',
  vae: 'VAE',
};

/** The norm of all differences over that of what is expected; 0 where both are nothing. */
export function relativeRms(values: readonly Floats[], expected: readonly Floats[]): number {
  let [off, size] = [0, 0];
  for (const [index, wanted] of expected.entries()) {
    const given = at(values, index);
    for (let i = 0; i < wanted.length; i++) {
      const value = wanted[i] as number;
      off += ((given[i] ?? NaN) - value) ** 2;
      size += value ** 2;
    }
  }
  return off === 0 ? 0 : Math.sqrt(off / size);
}

async function partsIn(files: readonly NamedBlob[]): Promise<Result<FoundParts>> {
  const read = await readDiffusionFiles(files);
  if (!read.ok) return read;
  const found = findParts(read.value.weights, read.value.configs);
  return found.ok ? ok(found.value.parts) : found;
}

/** What the original's own text encoder says of the golden prompt, for a UNet that it fits. */
async function contextOf(
  part: DriftRequest['part'],
  parts: FoundParts,
  options: DriftOptions,
): Promise<Result<Floats | null>> {
  const text = parts['text-encoder'];
  if (part !== 'unet' || text?.structure.width !== parts.unet?.structure.context) return ok(null);
  const asked = await askedOf('text-encoder', parts, null, options);
  if (!asked.ok) return asked;
  const answers = await answersOf(asked.value, options);
  return answers.ok ? ok(answers.value[0] ?? null) : answers;
}

async function askedOf(
  part: DriftRequest['part'],
  { unet, 'text-encoder': text, 'vae-decoder': decoder, 'taesd-decoder': tiny }: FoundParts,
  context: Floats | null,
  options: DriftOptions,
): Promise<Result<Asked>> {
  if (part === 'unet' && unet) {
    const { structure } = unet;
    const loaded = await computable(unetWith({ flash: options.flash }), unet, options);
    if (!loaded.ok) return loaded;
    return ok({
      part: loaded.value,
      form: unetForm(structure),
      inputs: unetInputs(structure, context),
      output: 'noise',
      shape: JSON.stringify(structure),
    });
  }
  if (part === 'text-encoder' && text) {
    const { structure } = text;
    const loaded = await computable(clip, text, options);
    if (!loaded.ok) return loaded;
    return ok({
      part: loaded.value,
      form: textForm(structure),
      inputs: textInputs(structure),
      output: 'hidden',
      // A layer that is left out may be there or not.
      shape: JSON.stringify({ ...structure, layers: structure.layers - structure.skip, skip: 0 }),
    });
  }
  if (part === 'vae' && decoder) {
    const loaded = await computable(vaeDecoder, decoder, options);
    return loaded.ok ? ok(decoding(loaded.value, 'vae-decoder', decoder.structure)) : loaded;
  }
  if (part === 'vae' && tiny) {
    const loaded = await computable(taesdDecoder, tiny, options);
    return loaded.ok ? ok(decoding(loaded.value, 'taesd-decoder', tiny.structure)) : loaded;
  }
  return fail('model-unavailable', `These files hold no ${words[part]}.`, { reason: 'missing-part', part });
}

async function computable<S extends Structure>(
  kind: Part<S>,
  { table, structure }: { readonly table: TensorTable; readonly structure: S },
  { precision, halves = true, widened }: DriftOptions,
): Promise<Result<LoadedPart>> {
  if (!halves && fewInFull({ table, specs: kind.tensors(structure) }, widened)) return tooWide();
  return ok(loadedPart(kind, await computableTable(table, precision, halves), structure, widened));
}

function tooWide(): Result<never> {
  return fail(
    'out-of-memory',
    'These weights are too large for a GPU in full precision, which this device needs for them. Compare with a copy in 8 bits.',
  );
}

function decoding(
  part: LoadedPart,
  kind: 'vae-decoder' | 'taesd-decoder',
  structure: { readonly latent: number },
): Asked {
  return {
    part,
    form: decoderForm,
    inputs: decoderInputs(structure.latent, latentScaling(kind)),
    output: 'sample',
    shape: JSON.stringify(structure),
  };
}

/** One answer for each input, in full precision where half precision is not enough. */
async function answersOf(asked: Asked, options: DriftOptions): Promise<Result<Floats[]>> {
  const answers = await answersIn(options.precision, asked, options);
  if (!answers.ok || answers.value.every(allFinite)) return answers;
  const again = options.precision === 'fp16' ? await answersInFull(asked, options) : answers;
  if (!again.ok || again.value.every(allFinite)) return again;
  return fail(
    'model-damaged',
    'The model gave values that are no numbers. Take another version of the model.',
  );
}

async function answersInFull(asked: Asked, options: DriftOptions): Promise<Result<Floats[]>> {
  const { full } = asked.part;
  if (full?.few()) return tooWide();
  const part = full ? await full.made() : asked.part;
  return answersIn('fp32', { ...asked, part }, options);
}

async function answersIn(
  precision: Precision,
  { part, form, inputs, output }: Asked,
  { open, cancelled }: DriftOptions,
): Promise<Result<Floats[]>> {
  if (await cancelled()) return stopped();
  const graph = part.graph(form, precision);
  if (!graph.ok) return graph;
  const session = await open(graph.value, part.weights);
  if (!session.ok) return session;
  try {
    const answers: Floats[] = [];
    for (const given of inputs) {
      if (await cancelled()) return stopped();
      const results = await session.value.run(given);
      if (!results.ok) return results;
      answers.push(results.value[output] ?? new Float32Array());
    }
    return ok(answers);
  } finally {
    await session.value.release();
  }
}

function stopped(): Result<never> {
  return fail('cancelled', 'Comparing the two was cancelled.');
}
