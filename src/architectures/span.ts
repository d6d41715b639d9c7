/**
 * SPAN (Wan et al., "Swift Parameter-free Attention Network for Efficient Super-Resolution", CVPRW 2024): six blocks of three 3x3
 * convolutions whose result is weighted by its own sigmoid. Training keeps every 3x3 convolution as a chain of
 * three with a 1x1 one beside it; they are multiplied out to one here, when a session is created. A file's own
 * `eval_conv` may be older than its chains and is used only where these were left out.
 */

import type { NcnnLayer } from '../formats/ncnn/network.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, flags, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { fromChannels, intoChannels } from './ops/picture-channels.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type SpanStructure = {
  readonly features: number;
  readonly scale: number;
  /** Of the picture: 1 or 3. */
  readonly channels: number;
  /** 1 when the picture is taken as it is, and not with its mean removed and times 255. */
  readonly plain: number;
  /** 1 when every chain of convolutions was multiplied out already. */
  readonly folded: number;
};

const blocks = 6;
/** How many times wider a chain is inside. */
const gain = 2;
const range = 255;
/** Of DIV2K's pictures; the same in every published network (a file does not hold it). */
const mean = [0.4488, 0.4371, 0.404];

export const span: Architecture<SpanStructure> = {
  family: 'span',

  structure(table: TensorTable): SpanStructure | null {
    const chain = shapeOf(table, 'conv_1.sk.weight', 4);
    const [features, channels] = chain ?? shapeOf(table, 'conv_1.eval_conv.weight', 4) ?? [];
    const outputs = shapeOf(table, 'upsampler.0.weight', 4)?.[0];
    if (features === undefined || channels === undefined || outputs === undefined) return null;
    const scale = Math.sqrt(outputs / channels);
    const plain = table.tensors.has('no_norm') ? 1 : 0;
    return span.parse({ features, scale, channels, plain, folded: chain ? 0 : 1 });
  },

  parse(given: Structure): SpanStructure | null {
    const base = numbers(given, ['features', 'scale', 'channels']);
    const told = flags(given, ['plain', 'folded']);
    if (!base || !told) return null;
    // The mean is one of three channels.
    return base.channels === 3 || (base.channels === 1 && told.plain === 1) ? { ...base, ...told } : null;
  },

  ignores: (name) => name === 'no_norm' || name === 'mean.weight' || /\.eval_conv\.(weight|bias)$/.test(name),

  scale: ({ scale }) => scale,

  // One pixel a 3x3 convolution: that is all that it sees.
  rules: () => ({ context: 3 * blocks + 3, blend: 8, multiple: 1 }),

  tensors({ features, scale, channels, folded }: SpanStructure): TensorSpec[] {
    const specs: TensorSpec[] = [];
    for (const { name, inputs } of chains(features, channels)) {
      if (folded) {
        specs.push(...convolutionSpecs(`${name}.eval_conv`, features, inputs));
        continue;
      }
      specs.push(
        ...convolutionSpecs(`${name}.sk`, features, inputs, 1),
        ...convolutionSpecs(`${name}.conv.0`, gain * inputs, inputs, 1),
        ...convolutionSpecs(`${name}.conv.1`, gain * features, gain * inputs),
        ...convolutionSpecs(`${name}.conv.2`, features, gain * features, 1),
      );
    }
    return [
      ...specs,
      ...convolutionSpecs('conv_cat', features, 4 * features, 1),
      ...convolutionSpecs('upsampler.0', channels * scale * scale, features),
    ];
  },

  graph(builder: GraphBuilder, structure: SpanStructure, input: string): string {
    const { features, scale, channels, plain, folded } = structure;
    const conv = (value: string, name: string, inputs = features): string =>
      folded
        ? builder.convolution(value, `${name}.eval_conv`)
        : chainConvolution(builder, value, name, features, inputs);
    const silu = (value: string): string => builder.node('Mul', [value, builder.node('Sigmoid', [value])]);
    let picture = intoChannels(builder, input, channels);
    if (!plain) {
      const means = builder.node('Reshape', [builder.floats(mean), builder.integers([3, 1, 1])]);
      picture = builder.node('Mul', [builder.node('Sub', [picture, means]), builder.floats([range])]);
    }
    const first = conv(builder.intoCompute(picture), 'conv_1', channels);
    const outputs: string[] = [];
    let [value, early] = [first, first];
    for (let block = 1; block <= blocks; block++) {
      early = silu(conv(value, `block_${block}.c1_r`));
      const change = conv(silu(conv(early, `block_${block}.c2_r`)), `block_${block}.c3_r`);
      const attention = builder.node('Sub', [builder.node('Sigmoid', [change]), builder.number(0.5)]);
      value = builder.node('Mul', [builder.node('Add', [change, value]), attention]);
      outputs.push(value);
    }
    // The last block gives the features after its first convolution too.
    const joined = builder.concat([first, conv(value, 'conv_2'), outputs[0] ?? first, early]);
    value = builder.lastConvolution(builder.convolution(joined, 'conv_cat'), 'upsampler.0');
    if (scale > 1) {
      value = builder.node('DepthToSpace', [value], { blocksize: { int: scale }, mode: { string: 'CRD' } });
    }
    return fromChannels(builder, value, channels);
  },

  cost(structure: SpanStructure): Cost {
    const { features, scale, channels } = structure;
    const planes = channels === 1 ? 3 : 1;
    const output = channels * scale * scale;
    return {
      flopsPerPixel: planes * convolutionFlops(span.tensors({ ...structure, folded: 1 }), () => 1),
      // The four features, joined, and once more reordered; or the last map and its shuffle.
      bytesPerPixel: 4 * planes * Math.max(12 * features, 2 * features + 3 * output),
      bindingPerPixel: 4 * planes * Math.max(4 * features, output),
    };
  },

  ncnnNames(layers: readonly NcnnLayer[]): readonly string[] | null {
    const weighty = layers.filter(({ weights }) => weights.length > 0);
    const convolutions = weighty.filter(({ type }) => type === 'Convolution');
    const before = weighty.slice(0, weighty.length - convolutions.length);
    const names = [...chains(1, 1).map(({ name }) => `${name}.eval_conv`), 'conv_cat', 'upsampler.0'];
    const fits =
      convolutions.length === names.length &&
      layers.filter(({ type }) => type === 'Swish').length === 2 * blocks &&
      // The mean that is taken off, and what it is multiplied by: networks without these cannot be told by their weights.
      before.length === 1 &&
      before[0]?.type === 'MemoryData' &&
      layers.some(({ type, parameters }) => type === 'BinaryOp' && parameters.get(2)?.[0] === range);
    return fits ? ['mean', ...names] : null;
  },
};

/** Every 3x3 convolution that is a chain, in order of use. */
function chains(features: number, channels: number): { name: string; inputs: number }[] {
  const inBlocks = Array.from({ length: blocks }, (_, index) =>
    ['c1_r', 'c2_r', 'c3_r'].map((part) => ({ name: `block_${index + 1}.${part}`, inputs: features })),
  );
  return [{ name: 'conv_1', inputs: channels }, ...inBlocks.flat(), { name: 'conv_2', inputs: features }];
}

/**
 * One 3x3 convolution that does what 1x1, 3x3 and 1x1 after another and a 1x1 beside them do: the kernels are
 * products of matrices at each of the nine positions. All of it constant, and in fp32.
 */
function chainConvolution(
  builder: GraphBuilder,
  input: string,
  name: string,
  outputs: number,
  inputs: number,
): string {
  const [inner, outer] = [gain * inputs, gain * outputs];
  const product = (a: string, b: string): string => builder.node('MatMul', [a, b]);
  const sum = (a: string, b: string): string => builder.node('Add', [a, b]);
  const shaped = (value: string, shape: readonly number[]): string =>
    builder.node('Reshape', [value, builder.integers(shape)]);
  const last = builder.exact(`${name}.conv.2.weight`, [outputs, outer]);
  const middle = shaped(product(last, builder.exact(`${name}.conv.1.weight`, [outer, inner * 9])), [
    outputs,
    inner,
    9,
  ]);
  const byPosition = builder.node('Transpose', [middle], { perm: { ints: [0, 2, 1] } });
  const whole = product(byPosition, builder.exact(`${name}.conv.0.weight`, [inner, inputs]));
  const kernels = shaped(builder.node('Transpose', [whole], { perm: { ints: [0, 2, 1] } }), [
    outputs,
    inputs,
    3,
    3,
  ]);
  const beside = builder.node('Pad', [
    builder.exact(`${name}.sk.weight`),
    builder.integers([0, 0, 1, 1, 0, 0, 1, 1]),
  ]);
  // What the first bias becomes on its way through all nine positions, then through the last convolution.
  const ones = builder.node('ReduceSum', [middle, builder.integers([2])], { keepdims: { int: 0 } });
  const first = shaped(product(ones, builder.exact(`${name}.conv.0.bias`, [inner, 1])), [outputs]);
  const second = shaped(product(last, builder.exact(`${name}.conv.1.bias`, [outer, 1])), [outputs]);
  const bias = sum(
    sum(first, second),
    sum(builder.exact(`${name}.conv.2.bias`), builder.exact(`${name}.sk.bias`)),
  );
  return builder.node('Conv', [input, builder.intoCompute(sum(kernels, beside)), builder.intoCompute(bias)], {
    kernel_shape: { ints: [3, 3] },
    pads: { ints: [1, 1, 1, 1] },
  });
}
