/** A ready-made ONNX graph as a part of a diffusion model: what must be known of it before it runs, from its header alone. */

import { ok, type Result } from '../../base/result.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { OnnxEnd, OnnxHeader } from '../../formats/onnx/header.ts';
import { onnxType } from '../../formats/onnx/model.ts';
import { readNodes } from '../../formats/onnx/nodes.ts';
import { otherUses, refuseUse } from './checkpoint-parts.ts';
import { readyEnds, sideOf, type EndNames, type ReadyEnds, type ReadyKind } from './onnx-ends.ts';
import { sortGraphs, type GivenGraph } from './onnx-files.ts';
import { refuseGraph, refuseSides } from './onnx-refusals.ts';
import { isTiny, takesUnits } from './onnx-tiny.ts';
import { unetUse } from './unet-structure.ts';

/** The only lengths that a graph takes; null where any will do. */
export interface ReadySides {
  readonly batch: number | null;
  /** Of the latent map, which is square. */
  readonly latent: number | null;
  readonly tokens: number | null;
}

export interface ReadyPart {
  readonly kind: ReadyKind;
  /** The file's path. */
  readonly from: string;
  readonly graph: GivenGraph;
  readonly inputs: EndNames;
  readonly outputs: EndNames;
  readonly sides: ReadySides;
  /** Numbers a token: of a text encoder what it gives, of a UNet what it takes; null where nothing tells, and for a VAE. */
  readonly width: number | null;
  /** Of a UNet that takes the guidance as an input: how many numbers; else 0. */
  readonly condition: number;
  /** What the sides of a UNet's maps must be a multiple of; 1 for other parts. */
  readonly multiple: number;
  /** Of a VAE: whether it is a TAESD, whose latents are scaled already, and whether its pictures are 0..1. */
  readonly tiny: boolean;
  readonly units: boolean;
  /** Whether it computes in half precision, and how many numbers it has. */
  readonly half: boolean;
  readonly values: number;
}

/** The ready-made parts among files, and the files that belong to no ONNX graph. Failures: those of `sortGraphs` and `readyPart`. */
export async function sortReady(
  files: readonly NamedBlob[],
): Promise<Result<{ readonly ready: readonly ReadyPart[]; readonly rest: readonly NamedBlob[] }>> {
  const sorted = await sortGraphs(files);
  if (!sorted.ok) return sorted;
  const ready: ReadyPart[] = [];
  for (const graph of sorted.value.graphs) {
    const part = await readyPart(graph);
    if (!part.ok) return part;
    if (part.value) ready.push(part.value);
  }
  return ok({ ready, rest: sorted.value.rest });
}

/** Null for what is left aside. Failures: `model-unsupported` for other families and for what cannot be redrawn with. */
async function readyPart(graph: GivenGraph): Promise<Result<ReadyPart | null>> {
  const { header, name: from } = graph;
  const ends = readyEnds(header);
  if (ends === null || ends.kind === 'aside') return ok(null);
  if (ends.kind === 'family' || ends.kind === 'extra') return refuseGraph(from, ends);
  const use = ends.kind === 'unet' ? unetUse(channelsOf(header, ends)) : 'plain';
  if (use !== 'plain') return refuseUse(from, use ? otherUses[use] : 'takes other things than a latent');
  const sides = sidesOf(header, ends);
  if (sides === null) return refuseSides(from);
  const isVae = ends.kind === 'vae-encoder' || ends.kind === 'vae-decoder';
  const tiny = isVae && isTiny(header);
  return ok({
    ...ends,
    from,
    graph,
    sides,
    width: widthOf(header, ends),
    condition: ends.kind === 'unet' ? conditionOf(header, ends) : 0,
    multiple: ends.kind === 'unet' ? await multipleOf(header) : 1,
    tiny,
    units: tiny && (await takesUnits(header, ends.kind === 'vae-encoder')),
    half: isHalf(header),
    values: header.graph.initializers.reduce((sum, { shape }) => sum + valueCount(shape), 0),
  });
}

function endOf({ graph }: OnnxHeader, name: string | undefined): OnnxEnd | undefined {
  return graph.inputs.find((end) => end.name === name);
}

const latentChannels = 4;
/** Where a shape does not tell, the first convolution does. */
const firstConvolution = /(^|[./])conv_in\.weight$/;

function channelsOf(header: OnnxHeader, { inputs }: ReadyEnds): number {
  const end = endOf(header, inputs['sample']);
  const told = end && sideOf(end, 1);
  const weights = header.graph.initializers.find(({ name }) => firstConvolution.test(name));
  return told ?? weights?.shape[1] ?? latentChannels;
}

const clipTokens = 77;

function widthOf(header: OnnxHeader, { kind, inputs, outputs }: ReadyEnds): number | null {
  if (kind === 'unet') {
    const end = endOf(header, inputs['context']);
    return end ? sideOf(end, -1) : null;
  }
  if (kind !== 'text-encoder') return null;
  const end = header.graph.outputs.find(({ name }) => name === outputs['hidden']);
  // The table of positions has a row for each token.
  const rows = header.graph.initializers.find(({ shape }) => shape.length === 2 && shape[0] === clipTokens);
  return (end && sideOf(end, -1)) ?? rows?.shape[1] ?? null;
}

/** Of every LCM that is known. */
const usualCondition = 256;

function conditionOf(header: OnnxHeader, { inputs }: ReadyEnds): number {
  const end = endOf(header, inputs['timestep_cond']);
  return end ? (sideOf(end, -1) ?? usualCondition) : 0;
}

/** Every convolution with a stride of 2 halves the maps, and the way up doubles them again. */
async function multipleOf(header: OnnxHeader): Promise<number> {
  const kernels = (await readNodes(header)).filter(({ op }) => /conv/i.test(op));
  const halving = kernels.filter(({ numbers }) => numbers.get('strides')?.includes(2));
  return kernels.length === 0 ? usualMultiple : 2 ** Math.min(halving.length, mostLevels);
}

/** Of Stable Diffusion's four levels. */
const usualMultiple = 8;
const mostLevels = 6;

const pixels = 8;

/** Null for a map that is not square or is no whole one. */
function sidesOf(header: OnnxHeader, { kind, inputs }: ReadyEnds): ReadySides | null {
  const side = (name: string, axis: number): number | null => {
    const end = endOf(header, inputs[name]);
    return end ? sideOf(end, axis) : null;
  };
  if (kind === 'text-encoder') {
    return { batch: side('input_ids', 0), latent: null, tokens: side('input_ids', 1) };
  }
  const map = kind === 'vae-decoder' ? 'latent' : 'sample';
  const scale = kind === 'vae-encoder' ? pixels : 1;
  const [batch, height, width] = [side(map, 0), side(map, 2), side(map, 3)];
  if (height !== width || (height !== null && height % scale !== 0)) return null;
  const latent = height === null ? null : height / scale;
  return { batch, latent, tokens: kind === 'unet' ? side('context', 1) : null };
}

/** Large tensors of halves are computed with as they are; those of graphs with few bits are dequantised to halves. */
function isHalf({ graph }: OnnxHeader): boolean {
  const halves = ({ type }: { readonly type: number }): boolean => type === onnxType.f16;
  return (
    graph.initializers.some((stored) => halves(stored) && stored.shape.length > 0) ||
    graph.inputs.some(halves)
  );
}
