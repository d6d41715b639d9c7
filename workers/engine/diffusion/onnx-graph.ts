/** A ready-made graph of a part, for shapes that are known: its bytes and what of its sides is told to the runtime. */

import type { ReadyPart } from '../../../src/architectures/diffusion/onnx-part.ts';
import type { PartForm } from '../../../src/architectures/diffusion/part.ts';
import { weightsPath } from '../../../src/architectures/graph-builder.ts';
import { readNodes, type ReadNode } from '../../../src/formats/onnx/nodes.ts';
import type { OnnxModel, OnnxNode } from '../../../src/formats/onnx/model.ts';
import { withWeightsOutside } from '../../../src/formats/onnx/rewrite.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';

export interface ReadyGraph {
  readonly name: string;
  readonly ready: ReadyPart;
  readonly form: PartForm;
  /** None that is filled with silence. */
  readonly inputs: readonly never[];
}

/** What a part runs: a graph that is written over its weights, or one that lies in files of its own. */
export type PartGraph = OnnxModel | ReadyGraph;

export interface GraphFiles {
  readonly model: Uint8Array<ArrayBuffer>;
  /** By the names that the graph calls them by. */
  readonly beside: readonly NamedBlob[];
}

/** A runtime copies the graph's own file into its memory; weights are mounted beside it from here on. */
const mostInside = 16 << 20;

/**
 * The files as they are, where the weights lie beside the graph already and it draws no random numbers; else the graph written anew.
 * Throws a `DOMException` when a file cannot be read.
 */
export async function graphFiles({ graph }: ReadyPart): Promise<GraphFiles> {
  const { blob, header, beside } = graph;
  const draws = (await readNodes(header)).some((node) => withoutChance(node) !== null);
  if (!draws && blob.size <= mostInside) {
    return { model: new Uint8Array(await blob.arrayBuffer()), beside };
  }
  const model = await withWeightsOutside(header, weightsPath, withoutChance);
  return { model, beside: [{ name: weightsPath, blob: header.table.blob }] };
}

const single = 1;

/**
 * Encoders of some exports add noise to the mean of the latent, of another kind in every run; without it they give the mean, so that the
 * same recipe gives the same picture. Null for nodes that draw nothing.
 */
function withoutChance({ op, inputs, outputs, numbers }: ReadNode): readonly OnnxNode[] | null {
  const [output = ''] = outputs;
  const told = numbers.get('dtype')?.[0];
  const zeros = `${output}.zeros`;
  const cast = (from: string, to: number): OnnxNode => ({
    op: 'Cast',
    inputs: [from],
    outputs: [output],
    attributes: { to: { int: to } },
  });
  if (op === 'RandomNormalLike') {
    const sub: OnnxNode = { op: 'Sub', inputs: [inputs[0] ?? '', inputs[0] ?? ''], outputs: [zeros] };
    return told === undefined ? [{ ...sub, outputs: [output] }] : [sub, cast(zeros, told)];
  }
  if (op !== 'RandomNormal') return null;
  const shape = `${output}.shape`;
  return [
    {
      op: 'Constant',
      inputs: [],
      outputs: [shape],
      attributes: { value_ints: { ints: numbers.get('shape') ?? [] } },
    },
    { op: 'ConstantOfShape', inputs: [shape], outputs: [zeros] },
    cast(zeros, told ?? single),
  ];
}

/**
 * Values of the sides that the graph names. A name that stands for two lengths is left free, and so are a text encoder's tokens, which some
 * graphs compute wrongly when they are fixed.
 */
export function freeSides({ ready, form }: Pick<ReadyGraph, 'ready' | 'form'>): Record<string, number> {
  const sides = new Map<string, number | null>();
  const { graph } = ready.graph.header;
  const note = (end: string | undefined, lengths: readonly (number | null)[]): void => {
    const shape = [...graph.inputs, ...graph.outputs].find(({ name }) => name === end)?.shape ?? [];
    shape.forEach((side, axis) => {
      const length = lengths[axis];
      if (typeof side !== 'string' || side === '' || length === undefined) return;
      const known = sides.get(side) ?? length;
      sides.set(side, known === length ? length : null);
    });
  };
  const batch = ready.sides.batch ?? form.batch;
  const [height, width] = [ready.sides.latent ?? form.height, ready.sides.latent ?? form.width];
  const latent = [batch, latentChannels, height, width];
  const pixels = [batch, colours, scale * height, scale * width];
  const { inputs, outputs } = ready;
  if (ready.kind === 'text-encoder') {
    note(inputs['input_ids'], [batch, null]);
    note(outputs['hidden'], [batch, null]);
  } else if (ready.kind === 'unet') {
    note(inputs['sample'], latent);
    note(inputs['context'], [batch, form.tokens]);
    note(outputs['noise'], latent);
  } else if (ready.kind === 'vae-encoder') {
    note(inputs['sample'], pixels);
    // Four channels, or eight with the variances.
    note(outputs['mean'], [batch, null, height, width]);
  } else {
    note(inputs['latent'], latent);
    note(outputs['sample'], pixels);
  }
  return Object.fromEntries([...sides].flatMap(([name, side]) => (side === null ? [] : [[name, side]])));
}

const latentChannels = 4;
const colours = 3;
const scale = 8;
