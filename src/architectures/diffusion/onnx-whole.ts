/** Whether ready-made ONNX graphs, with what tensors make of the rest, are a whole model whose parts fit each other. */

import { fail, ok, type Result } from '../../base/result.ts';
import type { FoundModel } from './checkpoint.ts';
import type { FoundPart, Structures } from './checkpoint-parts.ts';
import { missingParts, type MissingPart, type WholeModel } from './checkpoint-whole.ts';
import type { ReadyPart } from './onnx-part.ts';

/** A whole model of which at least one part is a ready-made graph. */
export interface MixedModel {
  readonly text: FoundPart<Structures['text-encoder']> | ReadyPart;
  readonly unet: FoundPart<Structures['unet']> | ReadyPart;
  readonly encoder: WholeModel['encoder'] | ReadyPart;
  readonly decoder: WholeModel['decoder'] | ReadyPart;
  readonly controlnet: WholeModel['controlnet'];
  /** Numbers a token of the text. */
  readonly width: number;
}

/** Whether a part is a ready-made graph, and not made of tensors. */
export function isReady(part: object): part is ReadyPart {
  return 'graph' in part;
}

/** Whether `mixedModel` is the one to ask, and not `wholeModel`. */
export function hasReady({ ready }: FoundModel): boolean {
  return Object.keys(ready).length > 0;
}

/**
 * A graph stands in for a part that no tensors make, and TAESD for a half of the VAE that is not there. Failures: `model-unavailable`
 * naming what is missing and where it is found, and `model-unsupported` for parts that do not fit each other.
 */
export function mixedModel({ parts, ready, base }: FoundModel): Result<MixedModel> {
  const text = parts['text-encoder'] ?? ready['text-encoder'];
  const unet = parts.unet ?? ready.unet;
  const encoder =
    own('vae-encoder', parts['vae-encoder']) ??
    ready['vae-encoder'] ??
    own('taesd-encoder', parts['taesd-encoder']);
  const decoder =
    own('vae-decoder', parts['vae-decoder']) ??
    ready['vae-decoder'] ??
    own('taesd-decoder', parts['taesd-decoder']);
  if (!unet || !text || (!encoder && !decoder)) {
    const missing: MissingPart[] = [
      ...(unet ? [] : ['unet' as const]),
      ...(text ? [] : ['text-encoder' as const]),
      ...(encoder && decoder ? [] : ['vae' as const]),
    ];
    return missingParts(missing, unet?.from ?? null, base);
  }
  if (!encoder || !decoder) return missingHalf(encoder ? 'decoder' : 'encoder', unet.from);
  const [reads, takes] = [widthOf(text), widthOf(unet)];
  const width = takes ?? reads;
  if (width === null) return untold(unet.from);
  if (reads !== null && reads !== width) return misfit(text.from, reads, unet.from, width);
  return ok({ text, unet, encoder, decoder, controlnet: parts.controlnet ?? null, width });
}

function own<K extends string, S>(
  kind: K,
  part: FoundPart<S> | undefined,
): ({ readonly kind: K } & FoundPart<S>) | undefined {
  return part && { kind, ...part };
}

function widthOf(
  part: FoundPart<Structures['text-encoder']> | FoundPart<Structures['unet']> | ReadyPart,
): number | null {
  if (!('structure' in part)) return part.width;
  return 'context' in part.structure ? part.structure.context : part.structure.width;
}

/** Most exports for the web are for drawing from words, which encodes no picture. */
function missingHalf(half: 'encoder' | 'decoder', from: string): Result<never> {
  const file = half === 'encoder' ? '"vae_encoder/model.onnx"' : '"vae_decoder/model.onnx"';
  return fail(
    'model-unavailable',
    `"${from}" comes with no VAE ${half}: add ${file} of the same model where there is one, TAESD (encoder and decoder), or a VAE file ` +
      'such as vae-ft-mse-840000.',
    { reason: 'missing-part', parts: 'vae', half },
  );
}

function untold(from: string): Result<never> {
  return fail(
    'model-unsupported',
    `The ONNX graph in "${from}" does not tell how many values a token of its text has. Take another export of the model, or the model ` +
      'as .safetensors.',
    { reason: 'onnx-width', name: from },
  );
}

function misfit(text: string, reads: number, unet: string, takes: number): Result<never> {
  return fail(
    'model-unsupported',
    `The text encoder in "${text}" gives ${reads} values a token, and the UNet in "${unet}" takes ${takes}: take both from the same model.`,
    { reason: 'misfit' },
  );
}
