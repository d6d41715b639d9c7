/**
 * CUNet cascades: waifu2x's cunet (nagadomi, 2018) at 1x and 2x, and Real-CUGAN (bilibili, 2022) at 2x, 3x and 4x with
 * its fast 2x and its "pro" weights. The first net enlarges, the second corrects what it made.
 */

import type { NcnnLayer } from '../formats/ncnn/network.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, flags, numbers, shapeOf } from './common.ts';
import { cascadeLayout, enlargement, netNames, netSpecs } from './cunet-layout.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { unshuffledConvolution } from './ops/picture-channels.ts';
import { active, firstNet, secondNet, trimmed, turnedName } from './ops/unets.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type CunetStructure = {
  /** Channels after a net's first convolution (32 in all published files). */
  readonly width: number;
  /** 1 to 4. */
  readonly scale: number;
  /** 2x with four pixels folded into the channels of one. */
  readonly fast: 0 | 1;
  /** Trained on values of 0.15 to 0.85. */
  readonly pro: 0 | 1;
  /** ncnn's order in transposed convolutions. */
  readonly turned: 0 | 1;
};

/** "pro" weights are marked by a tensor of this name, which is empty of meaning otherwise. */
const proMark = 'pro';
const proRange = 0.7;
const proStart = 0.15;

export const cunet: Architecture<CunetStructure> = {
  family: 'cunet',

  /** ncnn keeps the 1x1 convolutions of squeeze and excitation as matrices: the same bytes in the same order. */
  rename(table: TensorTable): TensorTable | null {
    if (!shapeOf(table, 'unet1.conv2.seblock.conv1.weight', 2)) return null;
    const tensors = [...table.tensors].map(([name, entry]) => {
      const matrix = name.includes('.seblock.') && entry.shape.length === 2;
      return [name, matrix ? { ...entry, shape: [...entry.shape, 1, 1] } : entry] as const;
    });
    return { blob: table.blob, tensors: new Map(tensors) };
  },

  structure(table: TensorTable): CunetStructure | null {
    const [width, inputs] = shapeOf(table, 'unet1.conv1.conv.0.weight', 4) ?? [];
    if (width === undefined || !shapeOf(table, 'unet2.conv3.seblock.conv1.weight', 4)) return null;
    const turned = shapeOf(table, `${turnedName('unet1.conv2_up')}.weight`, 4) ? 1 : 0;
    const bottom =
      shapeOf(table, `${turnedName('unet1.conv_bottom')}.weight`, 4) ??
      shapeOf(table, 'unet1.conv_bottom.weight', 4);
    const fast = inputs === 12 ? 1 : 0;
    const shuffled = shapeOf(table, 'conv_final.weight', 4) ? 2 : 1;
    const scale = (((bottom?.[2] ?? 0) - 2) * shuffled) / (fast ? 2 : 1);
    const pro = table.tensors.has(proMark) ? 1 : 0;
    return cunet.parse({ width, scale, fast, pro, turned });
  },

  parse(given): CunetStructure | null {
    const sizes = numbers(given, ['width', 'scale']);
    const kinds = flags(given, ['fast', 'pro', 'turned']);
    if (!sizes || !kinds || sizes.scale > 4 || sizes.width % 4 !== 0) return null;
    return kinds.fast === 1 && sizes.scale !== 2 ? null : { ...sizes, ...kinds };
  },

  scale: ({ scale }) => scale,

  rules(structure) {
    const { pad, multiple } = cascadeLayout(structure);
    // All that an output pixel sees lies within the padding, but for where strides round. One pixel more than
    // the padding is needed to mirror it.
    const whole = (length: number): number => Math.ceil(length / multiple) * multiple;
    return { context: whole(pad + 1), blend: 8, multiple, least: whole(pad + 1) };
  },

  pools: (structure) => cascadeLayout(structure).pools,

  tensors(structure: CunetStructure): TensorSpec[] {
    const { width, fast, pro } = structure;
    const { colours, shuffled } = cascadeLayout(structure);
    return [
      ...netSpecs('unet1', structure, fast ? 12 : 3, colours),
      ...netSpecs('unet2', structure, colours, colours),
      ...(shuffled ? convolutionSpecs('conv_final', 12, 2 * width) : []),
      ...(pro ? [{ name: proMark, shape: [1] }] : []),
    ];
  },

  graph(builder: GraphBuilder, structure: CunetStructure, input: string): string {
    const { width, scale, fast, pro } = structure;
    const { pad, shuffled, bottom } = cascadeLayout(structure);
    const nets = { builder, width, turned: structure.turned === 1 };
    const picture = pro ? scaled(builder, input, 'Add', proRange, proStart) : input;
    const sides = builder.integers([0, 0, pad, pad, 0, 0, pad, pad]);
    const padded = builder.intoCompute(
      builder.node('Pad', [picture, sides], { mode: { string: 'reflect' } }),
    );
    const name = 'unet1.conv1.conv.0';
    // It sees zeros beyond the edges; the rim that they touch is cut off.
    const same = fast
      ? unshuffledConvolution(builder, padded, name, width, 3, 2)
      : builder.convolution(padded, name);
    const opened = active(builder, trimmed(builder, same, 1));
    const enlarged = firstNet(nets, 'unet1', opened, bottom);
    const features = secondNet(nets, 'unet2', enlarged);
    const base = trimmed(builder, enlarged, 20);
    let output: string;
    if (shuffled) {
      const corrected = trimmed(builder, builder.convolution(features, 'unet2.conv_bottom'), 1);
      const sum = builder.node('Add', [corrected, base]);
      output = trimmed(builder, builder.lastConvolution(sum, 'conv_final'), 2);
      output = builder.node('DepthToSpace', [output], { blocksize: { int: 2 }, mode: { string: 'CRD' } });
      output = builder.node('Add', [output, builder.nearest(picture, scale)]);
    } else {
      const corrected = trimmed(builder, builder.lastConvolution(features, 'unet2.conv_bottom'), 1);
      output = builder.node('Add', [corrected, builder.outOfCompute(base)]);
    }
    return pro ? scaled(builder, output, 'Sub', 1 / proRange, proStart) : output;
  },

  cost(structure: CunetStructure): Cost {
    const { width, fast } = structure;
    const { shuffled } = cascadeLayout(structure);
    const folded = fast ? 4 : 1;
    const inside = enlargement(structure) ** 2 / folded;
    const flops = convolutionFlops(cunet.tensors(structure), (name) => {
      const depth = name.startsWith('unet2.') ? depthIn2(name) : depthIn1(name);
      return (name.startsWith('unet1.') ? 1 / folded : inside) / 4 ** depth;
    });
    return {
      flopsPerPixel: Math.round(flops),
      // The wide map of the second net, what comes up to meet it, their sum and its activation.
      bytesPerPixel: 4 * inside * (shuffled ? 12 : 10) * width,
      bindingPerPixel: 4 * inside * 2 * width,
    };
  },

  ncnnNames(layers: readonly NcnnLayer[]): readonly string[] | null {
    const types = layers.flatMap(({ type, weights }) => (weights.length > 0 ? [type] : []));
    return netNames(types);
  },
};

/** How often a layer's input was halved: of the nets' inputs, and for transposed convolutions before they enlarge. */
function depthIn1(name: string): number {
  return /\.(conv1_down|conv2|conv2_up)\./.test(name) ? 1 : 0;
}

function depthIn2(name: string): number {
  if (/\.(conv2_down|conv3|conv3_up)\./.test(name)) return 2;
  return /\.(conv1_down|conv2|conv4|conv4_up)\./.test(name) ? 1 : 0;
}

/** value * factor + start, or (value - start) * factor. */
function scaled(
  builder: GraphBuilder,
  value: string,
  op: 'Add' | 'Sub',
  factor: number,
  start: number,
): string {
  const by = builder.floats([factor]);
  const shift = builder.floats([start]);
  return op === 'Add'
    ? builder.node('Add', [builder.node('Mul', [value, by]), shift])
    : builder.node('Mul', [builder.node('Sub', [value, shift]), by]);
}
