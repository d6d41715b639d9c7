/**
 * The two nets that a CUNet cascade is made of: convolutions without padding, so that each is a fixed number of
 * pixels smaller than its input, and squeeze-and-excitation after the deeper ones. waifu2x, after U-Net
 * (Ronneberger et al., 2015) and SENet (Hu et al., 2018).
 */

import type { GraphBuilder } from '../graph-builder.ts';
import { convolve } from './convolutions.ts';

const slope = 0.1;

/** How a file keeps its transposed convolutions: PyTorch by input and output, ncnn the other way round. */
export interface Nets {
  readonly builder: GraphBuilder;
  /** Channels after a net's first convolution; all others are multiples of it. */
  readonly width: number;
  readonly turned: boolean;
}

/** What ncnn's transposed convolutions are called. */
export const turnedName = (name: string): string => `${name}.turned`;

/** Cuts `by` pixels off every side. */
export function trimmed(builder: GraphBuilder, value: string, by: number): string {
  return builder.node('Slice', [
    value,
    builder.integers([by, by]),
    builder.integers([-by, -by]),
    builder.integers([2, 3]),
  ]);
}

/**
 * The first net, 16 pixels smaller than its input (in the input's pixels): from the activated result of its first
 * convolution to the result of its last. `bottom` is the kernel of the last: 3 keeps the scale, 4 doubles it, 5
 * makes three of one.
 */
export function firstNet(nets: Nets, name: string, opened: string, bottom: number): string {
  const { builder, width } = nets;
  const wide = valid(nets, opened, `${name}.conv1.conv.2`, 3);
  let value = valid(nets, wide, `${name}.conv1_down`, 2, 2);
  value = excited(nets, pair(nets, value, `${name}.conv2`), `${name}.conv2`, 2 * width);
  value = active(builder, transposed(nets, value, `${name}.conv2_up`, 2, 2, 0));
  value = builder.node('Add', [trimmed(builder, wide, 4), value]);
  value = valid(nets, value, `${name}.conv3`, 3);
  if (bottom === 3) return convolve(builder, value, `${name}.conv_bottom`, { kernel: 3, pad: 0 });
  return bottom === 4
    ? transposed(nets, value, `${name}.conv_bottom`, 4, 2, 3)
    : transposed(nets, value, `${name}.conv_bottom`, 5, 3, 2);
}

/** The second net up to what its last convolution takes, which is 38 pixels smaller than its input. */
export function secondNet(nets: Nets, name: string, input: string): string {
  const { builder, width } = nets;
  const wide = pair(nets, input, `${name}.conv1`);
  let middle = valid(nets, wide, `${name}.conv1_down`, 2, 2);
  middle = excited(nets, pair(nets, middle, `${name}.conv2`), `${name}.conv2`, 4 * width);
  let deep = valid(nets, middle, `${name}.conv2_down`, 2, 2);
  deep = excited(nets, pair(nets, deep, `${name}.conv3`), `${name}.conv3`, 4 * width);
  deep = active(builder, transposed(nets, deep, `${name}.conv3_up`, 2, 2, 0));
  middle = builder.node('Add', [trimmed(builder, middle, 4), deep]);
  middle = excited(nets, pair(nets, middle, `${name}.conv4`), `${name}.conv4`, 2 * width);
  middle = active(builder, transposed(nets, middle, `${name}.conv4_up`, 2, 2, 0));
  return valid(nets, builder.node('Add', [trimmed(builder, wide, 16), middle]), `${name}.conv5`, 3);
}

/** Two activated convolutions. */
function pair(nets: Nets, input: string, name: string): string {
  return valid(nets, valid(nets, input, `${name}.conv.0`, 3), `${name}.conv.2`, 3);
}

function valid({ builder }: Nets, input: string, name: string, kernel: number, stride = 1): string {
  return active(builder, convolve(builder, input, name, { kernel, stride, pad: 0 }));
}

export function active(builder: GraphBuilder, value: string): string {
  return builder.leakyRelu(value, slope);
}

/** Squeeze and excitation: every channel is weighed by what two small layers make of all channels' means. */
function excited({ builder }: Nets, value: string, name: string, channels: number): string {
  const squeezed = builder.mean(value, channels);
  const first = convolve(builder, squeezed, `${name}.seblock.conv1`, { kernel: 1 });
  const second = convolve(builder, builder.node('Relu', [first]), `${name}.seblock.conv2`, { kernel: 1 });
  return builder.node('Mul', [value, builder.node('Sigmoid', [second])]);
}

/** A transposed convolution that loses `pad` pixels on every side of its result. */
export function transposed(
  { builder, turned }: Pick<Nets, 'builder' | 'turned'>,
  input: string,
  name: string,
  kernel: number,
  stride: number,
  pad: number,
): string {
  const stored = turned ? turnedName(name) : name;
  const weight = builder.weight(`${stored}.weight`);
  const swapped = turned ? builder.node('Transpose', [weight], { perm: { ints: [1, 0, 2, 3] } }) : weight;
  return builder.node('ConvTranspose', [input, swapped, builder.weight(`${stored}.bias`)], {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: [pad, pad, pad, pad] },
  });
}
