/** Weights that no graph could take in place, made into such as it can, once a job. */

import type { TensorSpec } from '../../../src/architectures/architecture.ts';
import type { WholeModel } from '../../../src/architectures/diffusion/checkpoint-whole.ts';
import { clip } from '../../../src/architectures/diffusion/clip.ts';
import { controlnet } from '../../../src/architectures/diffusion/controlnet.ts';
import { isLookedUp } from '../../../src/architectures/diffusion/quantise-table.ts';
import { storeTable } from '../../../src/architectures/diffusion/store-parts.ts';
import { planTensors, type PartSource } from '../../../src/architectures/diffusion/store-plan.ts';
import { taesdDecoder, taesdEncoder } from '../../../src/architectures/diffusion/taesd.ts';
import { unet } from '../../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../../src/architectures/diffusion/vae-encoder.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import { isScaleOf } from '../../../src/architectures/packed.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { failure } from '../../../src/base/result.ts';
import { blobStore } from '../../../src/formats/appended-table.ts';
import { convertTable } from '../../../src/formats/convert-table.ts';
import { valueCount } from '../../../src/formats/tensor-bytes.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { Go } from '../jobs/control.ts';

export interface ComputableOptions {
  readonly precision: Precision;
  /** Whether the device computes in half precision what is written so; it does when absent. */
  readonly halves?: boolean;
  /** Bytes in half precision of the largest part that is widened to full precision on a device that does not. */
  readonly widened?: number | undefined;
  /** Where it answers no, tables are left as they are, and whoever asked has to ask it too. */
  readonly go?: Go | undefined;
  readonly notice?: ((notice: Failure) => void) | undefined;
}

/**
 * Without half precision the runtime would widen a part in the memory of WebAssembly, which takes four times its size and never shrinks.
 * This much it may: a VAE's half, the encoder's 65 MiB or the decoder's 94, whose errors would be seen in every pixel.
 */
const mostWidened = 128 << 20;

/** The model's parts, large ones in 8 bits where they can be computed neither as they are nor in full precision. */
export async function computableModel(model: WholeModel, options: ComputableOptions): Promise<WholeModel> {
  const { precision, halves = true, widened = mostWidened, go, notice } = options;
  const packed: string[] = [];
  const of = async <P extends { readonly table: TensorTable }>(
    what: string,
    part: P,
    specs: readonly TensorSpec[],
  ): Promise<P> => {
    if (halves) return { ...part, table: await computableTable(part.table, precision, halves, go) };
    const source = { table: part.table, specs };
    if (fewInFull(source, widened)) packed.push(what);
    return { ...part, table: await fullTable(source, widened, go) };
  };
  const { text, unet: drawer, encoder, decoder, controlnet: control } = model;
  const made: WholeModel = {
    text: await of('text encoder', text, clip.tensors(text.structure)),
    unet: await of('UNet', drawer, unet.tensors(drawer.structure)),
    encoder:
      encoder.kind === 'vae-encoder'
        ? await of("VAE's encoder", encoder, vaeEncoder.tensors(encoder.structure))
        : await of("VAE's encoder", encoder, taesdEncoder.tensors(encoder.structure)),
    decoder:
      decoder.kind === 'vae-decoder'
        ? await of("VAE's decoder", decoder, vaeDecoder.tensors(decoder.structure))
        : await of("VAE's decoder", decoder, taesdDecoder.tensors(decoder.structure)),
    controlnet: control && (await of('ControlNet', control, controlnet.tensors(control.structure))),
  };
  if (packed.length > 0) notice?.(packedNotice(packed));
  return made;
}

/** The table for a GPU that is to compute in full precision. */
export async function fullTable(source: PartSource, widened = mostWidened, go?: Go): Promise<TensorTable> {
  const few = fewInFull(source, widened) ? await storeTable(source, 'q8', blobStore(), go) : null;
  return computableTable(few ?? source.table, 'fp32', false, go);
}

/** Whether that has fewer bits: where it would have too many, and has not few already. */
export function fewInFull(source: PartSource, widened = mostWidened): boolean {
  const halves = source.specs.reduce((sum, { shape }) => sum + 2 * valueCount(shape), 0);
  return halves > widened && planTensors(source, 'q8').some(({ kind }) => kind === 'few');
}

/**
 * The table itself where nothing is to do. Weights of few bits stay, and their scales with them. Without half precision the GPU cannot look up
 * vectors that are stored so, and casting the whole table would be folded in the memory of WebAssembly.
 */
export async function computableTable(
  table: TensorTable,
  precision: Precision,
  halves = true,
  go?: Go,
): Promise<TensorTable> {
  const compute = precision === 'fp16' ? 'f16' : 'f32';
  const names = [...table.tensors.values()]
    .filter((entry) => {
      if (entry.dtype === 'f16') return !halves && isLookedUp(entry.name);
      return entry.dtype !== compute && !isScaleOf(table, entry);
    })
    .map(({ name }) => name);
  if (names.length === 0) return table;
  const converted = await convertTable(table, compute, names, blobStore(), go);
  return converted ? converted.table : table;
}

function packedNotice(parts: readonly string[]): Failure {
  const words = parts.map((part) => `the ${part}`).join(' and ');
  return failure(
    'fp16-missing',
    `This GPU does not compute, or not rightly, in half precision, so ${words} was brought to 8 bits first. A smaller copy of the model, made on ` +
      'the Models screen, starts at once.',
    { parts: parts.join(', ') },
  );
}
