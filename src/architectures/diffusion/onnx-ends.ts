/**
 * What a ready-made ONNX graph of a diffusion model takes and gives, by the names of its ends: those of diffusers' script, of optimum and
 * of the web's own exports (https://github.com/huggingface/diffusers, https://github.com/huggingface/optimum-onnx).
 */

import type { OnnxEnd, OnnxHeader } from '../../formats/onnx/header.ts';

export type ReadyKind = 'text-encoder' | 'unet' | 'vae-encoder' | 'vae-decoder';

/** Our name of an end, and the graph's. */
export type EndNames = Readonly<Record<string, string>>;

export interface ReadyEnds {
  readonly kind: ReadyKind;
  readonly inputs: EndNames;
  /** One: `hidden`, `noise`, `mean` or `sample`. */
  readonly outputs: EndNames;
}

/** What is no part and yet known: left aside, or refused by its family's name. */
export type OtherGraph =
  | { readonly kind: 'aside' }
  | {
      readonly kind: 'family';
      readonly family: 'sdxl' | 'sd3' | 'flux' | 'transformer' | 'large-text' | 'vae';
    }
  | { readonly kind: 'extra'; readonly inputs: readonly string[] };

const colours = 3;
const latents = 4;
/** The second text encoder of SDXL has 1280, large language models have more than this. */
const sdxlWidth = 1280;
const largeWidth = 2048;

/** Null for a graph that is nothing of a diffusion model. */
export function readyEnds({ graph }: OnnxHeader): ReadyEnds | OtherGraph | null {
  const inputs = new Map(graph.inputs.map((end) => [end.name, end]));
  const outputs = new Map(graph.outputs.map((end) => [end.name, end]));
  const has = (name: string): boolean => inputs.has(name);
  if (has('text_embeds') || has('time_ids') || outputs.has('text_embeds')) return family('sdxl');
  if (has('img_ids') || has('txt_ids')) return family('flux');
  if (has('pooled_projections')) return family('sd3');
  // A ControlNet, and the judge of pictures.
  if (has('controlnet_cond') || has('clip_input')) return { kind: 'aside' };
  if (has('timestep') && has('hidden_states')) return family('transformer');
  if (has('timestep') && has('sample')) return unetEnds(inputs, outputs);
  if (has('input_ids')) return textEnds(inputs, outputs);
  return inputs.size === 1 && outputs.size === 1 ? vaeEnds(graph.inputs[0], graph.outputs[0]) : null;
}

type Ends = ReadonlyMap<string, OnnxEnd>;

function family(name: Extract<OtherGraph, { kind: 'family' }>['family']): OtherGraph {
  return { kind: 'family', family: name };
}

function unetEnds(inputs: Ends, outputs: Ends): ReadyEnds | OtherGraph | null {
  const output = outputs.has('out_sample') ? 'out_sample' : only(outputs);
  if (!inputs.has('encoder_hidden_states') || output === null) return null;
  const guided = inputs.has('timestep_cond');
  const ends: EndNames = {
    sample: 'sample',
    timestep: 'timestep',
    context: 'encoder_hidden_states',
    ...(guided ? { timestep_cond: 'timestep_cond' } : {}),
  };
  return withoutExtra(inputs, { kind: 'unet', inputs: ends, outputs: { noise: output } });
}

function textEnds(inputs: Ends, outputs: Ends): ReadyEnds | OtherGraph | null {
  const output = outputs.has('last_hidden_state') ? 'last_hidden_state' : only(outputs);
  if (output === null) return null;
  const width = outputs.get(output)?.shape?.at(-1);
  if (width === sdxlWidth) return family('sdxl');
  if (typeof width === 'number' && width > largeWidth) return family('large-text');
  const ends = { input_ids: 'input_ids' };
  return withoutExtra(inputs, { kind: 'text-encoder', inputs: ends, outputs: { hidden: output } });
}

/** Which way a picture goes, by the names of the ends, or else by their channels. */
function vaeEnds(input: OnnxEnd | undefined, output: OnnxEnd | undefined): ReadyEnds | OtherGraph | null {
  if (!input || !output) return null;
  const [from, to] = [sideOf(input, 1), sideOf(output, 1)];
  const latent = /^latent/;
  const encodes = latent.test(output.name) || (from === colours && (to === latents || to === 2 * latents));
  const decodes = latent.test(input.name) || (from === latents && to === colours);
  if (encodes === decodes) return null;
  const channels = encodes ? to : from;
  if (channels !== null && channels > 2 * latents) return family('vae');
  return encodes
    ? { kind: 'vae-encoder', inputs: { sample: input.name }, outputs: { mean: output.name } }
    : { kind: 'vae-decoder', inputs: { latent: input.name }, outputs: { sample: output.name } };
}

function withoutExtra(inputs: Ends, found: ReadyEnds): ReadyEnds | OtherGraph {
  const known = Object.values(found.inputs);
  const extra = [...inputs.keys()].filter((name) => !known.includes(name));
  return extra.length > 0 ? { kind: 'extra', inputs: extra } : found;
}

function only(ends: Ends): string | null {
  const [first = null, second] = ends.keys();
  return second === undefined ? first : null;
}

/** A side that the file tells as a number. */
export function sideOf({ shape }: OnnxEnd, axis: number): number | null {
  const side = shape?.at(axis);
  return typeof side === 'number' ? side : null;
}
