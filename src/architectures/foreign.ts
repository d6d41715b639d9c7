/**
 * Networks that nobody here knows: an ONNX graph is run as it is, between new ends that give it the picture as it
 * wants it and take its result back, so that for the engine it is a network like the others.
 */

import { fail, ok, type Result } from '../base/result.ts';
import type { OnnxHeader } from '../formats/onnx/header.ts';
import { onnxType, type AttributeValue, type OnnxInitializer, type OnnxNode } from '../formats/onnx/model.ts';
import { withEnds } from '../formats/onnx/rewrite.ts';
import type { TileRules } from '../tiles/rules.ts';
import type { Cost } from './architecture.ts';
import type { BuiltGraph } from './built-graph.ts';
import { fromNetwork, intoNetwork, kernelOf, lumaWeights, type ChannelMap } from './foreign-ends.ts';
import { weightsPath } from './graph-builder.ts';

export const foreignDtypes = ['f32', 'f16', 'u8'] as const;
export const layouts = ['nchw', 'nhwc'] as const;
/** 0 to 1, 0 to 255, or -1 to 1. */
export const valueRanges = ['unit', 'byte', 'signed'] as const;
export const channelOrders = ['rgb', 'bgr'] as const;

/** How a network takes or gives a picture. */
export interface ForeignEnd {
  /** Of the graph's input or output. */
  readonly name: string;
  readonly dtype: (typeof foreignDtypes)[number];
  readonly layout: (typeof layouts)[number];
  /** 1 (grey), 3 or 4 (with alpha). */
  readonly channels: number;
  readonly range: (typeof valueRanges)[number];
  readonly order: (typeof channelOrders)[number];
}

/** All that is known of such a network: found by running it, and kept with its file. */
export interface ForeignModel {
  readonly input: ForeignEnd;
  readonly output: ForeignEnd;
  /** Output pixels for one input pixel, per side. */
  readonly scale: number;
  readonly rules: TileRules;
  /** True where flat input of every colour tried came back flat within 1/255. */
  readonly keepsFlat: boolean;
  /** Estimated from the nodes. */
  readonly cost: Cost;
  readonly parameters: number;
}

/** Names that no graph has. */
const inputName = 'enlarger.input';
const outputName = 'enlarger.output';

/** More than this of nodes is no network of pictures, and would have to be in memory. */
const mostNodeBytes = 1 << 28;

/**
 * The graph between ends as `buildGraph` makes them: fp32, NCHW, RGB, 0 to 1. A grey network gets the picture's
 * brightness; the colours are enlarged beside it by interpolation. Failures: `model-unsupported`.
 */
export async function foreignGraph(
  header: OnnxHeader,
  { input, output, scale }: Pick<ForeignModel, 'input' | 'output' | 'scale'>,
): Promise<Result<BuiltGraph>> {
  const grey = input.channels === 1;
  const before = new Ends();
  const given = before.conv(inputName, intoNetwork(input), 'in');
  const turned = input.layout === 'nhwc' ? before.transpose(given, [0, 2, 3, 1]) : given;
  before.cast(turned, input.dtype, input.name);

  const after = new Ends('after');
  const floats = after.cast(output.name, 'f32');
  const planes = output.layout === 'nhwc' ? after.transpose(floats, [0, 3, 1, 2]) : floats;
  const picture = after.conv(planes, fromNetwork(output), 'out');
  const result = grey ? after.add('Add', [picture, colours(after, scale)]) : picture;
  after.add('Identity', [result], {}, outputName);

  return wrapped(header, before, after, scale, [1, 3, 'height', 'width'], [1, 3, 'high', 'wide']);
}

/** The graph with nothing changed but that it takes and gives fp32, and that its shapes are free: for probing. */
export async function bareGraph(
  header: OnnxHeader,
  input: Pick<ForeignEnd, 'name' | 'dtype'>,
  output: string,
): Promise<Result<BuiltGraph>> {
  const before = new Ends();
  before.cast(inputName, input.dtype, input.name);
  const after = new Ends('after');
  after.cast(output, 'f32', outputName);
  return wrapped(header, before, after, 1, ['a', 'b', 'c', 'd'], null);
}

async function wrapped(
  header: OnnxHeader,
  before: Ends,
  after: Ends,
  scale: number,
  given: readonly (number | string)[],
  got: readonly (number | string)[] | null,
): Promise<Result<BuiltGraph>> {
  const bytes = header.graph.nodes.reduce((sum, { start, end }) => sum + end - start, 0);
  if (bytes > mostNodeBytes) {
    return fail(
      'model-unsupported',
      'The weights of this ONNX file are within its nodes, too many to be read there. Export it with weights as initializers.',
      { reason: 'nodes' },
    );
  }
  const model = await withEnds(
    header,
    {
      inputs: [{ name: inputName, dtype: 'f32', shape: given }],
      outputs: [{ name: outputName, dtype: 'f32', shape: got }],
      before: before.nodes,
      after: after.nodes,
      initializers: [...before.initializers, ...after.initializers],
    },
    weightsPath,
  );
  const external = [{ path: weightsPath, blob: header.table.blob }];
  return ok({ model, external, scale, io: 'f32', ends: { input: inputName, output: outputName } });
}

/** What a grey network does not see, enlarged by linear interpolation: sums of weights that are divided by their own sum. */
function colours(ends: Ends, scale: number): string {
  const luma = ends.conv(inputName, lumaWeights, 'luma');
  const chroma = ends.add('Sub', [inputName, luma]);
  const zeros = ends.add('Sub', [luma, luma]);
  const ones = ends.add('Add', [zeros, ends.floats('one', [], [1])]);
  const { side, pad, weights } = kernelOf(scale);
  const enlarged = (value: string, channels: number): string => {
    const shape = [channels, 1, side, side];
    const kernel = Array.from({ length: channels }, () => weights).flat();
    return ends.add('ConvTranspose', [value, ends.floats(`linear${channels}`, shape, kernel)], {
      group: { int: channels },
      kernel_shape: { ints: [side, side] },
      strides: { ints: [scale, scale] },
      pads: { ints: [pad, pad, pad, pad] },
    });
  };
  return ends.add('Div', [enlarged(chroma, 3), enlarged(ones, 1)]);
}

/** Nodes of one end. All of them mean the same in every operator set since the seventh. */
class Ends {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly #prefix: string;

  constructor(prefix = 'before') {
    this.#prefix = prefix;
  }

  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    output = `enlarger.${this.#prefix}.${this.nodes.length}`,
  ): string {
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  cast(value: string, to: ForeignEnd['dtype'], output?: string): string {
    return this.add('Cast', [value], { to: { int: onnxType[to] } }, output);
  }

  transpose(value: string, perm: readonly number[]): string {
    return this.add('Transpose', [value], { perm: { ints: perm } });
  }

  /** A 1 x 1 convolution: every change of channels and values is one. */
  conv(value: string, map: ChannelMap, name: string): string {
    const { outputs, inputs, weights, bias } = map;
    const weight = this.floats(`${name}.weight`, [outputs, inputs, 1, 1], weights);
    return this.add('Conv', [value, weight, this.floats(`${name}.bias`, [outputs], bias)], {
      kernel_shape: { ints: [1, 1] },
    });
  }

  floats(name: string, shape: readonly number[], values: readonly number[]): string {
    const data = new Uint8Array(Float32Array.from(values).buffer);
    const full = `enlarger.${name}`;
    if (!this.initializers.some((known) => known.name === full)) {
      this.initializers.push({ name: full, dtype: 'f32', shape, data: { inline: data } });
    }
    return full;
  }
}
