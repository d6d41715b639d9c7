/** Networks of one channel on an RGB picture, and networks that fold pixels into channels before they look. */

import type { GraphBuilder } from '../graph-builder.ts';

/**
 * The picture as a network of so many input channels takes it. [1, 3, h, w] becomes [3, 1, h, w] for a grey network, which
 * then works on each plane; RGB stays.
 */
export function intoChannels(builder: GraphBuilder, picture: string, channels: number): string {
  return channels === 1 ? swapped(builder, picture) : picture;
}

/** The way back: [3, 1, h, w] of a grey network becomes [1, 3, h, w]. */
export function fromChannels(builder: GraphBuilder, planes: string, channels: number): string {
  return channels === 1 ? swapped(builder, planes) : planes;
}

function swapped(builder: GraphBuilder, value: string): string {
  return builder.node('Transpose', [value], { perm: { ints: [1, 0, 2, 3] } });
}

/**
 * A k x k convolution over a picture whose blocks of `factor` x `factor` pixels lie in the channels (channel, row,
 * column: PyTorch's `pixel_unshuffle`), computed as one strided convolution of k * factor over the picture
 * itself, which is the same sum. `channels` is how many the picture has; height and width must be multiples of `factor`.
 */
export function unshuffledConvolution(
  builder: GraphBuilder,
  input: string,
  name: string,
  outputs: number,
  channels: number,
  factor: number,
  kernel = 3,
): string {
  const apart = builder.weight(`${name}.weight`, [outputs, channels, factor, factor, kernel, kernel]);
  const turned = builder.node('Transpose', [apart], { perm: { ints: [0, 1, 4, 2, 5, 3] } });
  const side = kernel * factor;
  const weight = builder.node('Reshape', [turned, builder.integers([outputs, channels, side, side])]);
  const pad = ((kernel - 1) / 2) * factor;
  return builder.node('Conv', [input, weight, builder.weight(`${name}.bias`)], {
    kernel_shape: { ints: [side, side] },
    strides: { ints: [factor, factor] },
    pads: { ints: [pad, pad, pad, pad] },
  });
}
