/**
 * DySample (Liu et al., "Learning to Upsample by Learning to Sample", ICCV 2023): each output pixel is looked up between the
 * input's pixels, at a place that two 1x1 convolutions choose. All of it in fp32: places are finer than half precision.
 */

import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs } from '../common.ts';
import type { GraphBuilder } from '../graph-builder.ts';

/** How many groups of channels choose their places apart. */
function groupsOf(scale: number): number {
  return scale % 2 === 0 ? 4 : 3;
}

/** The tensors of a DySample from 3 * scale^2 channels to RGB under the prefix `name`. */
export function dysampleSpecs(name: string, scale: number): TensorSpec[] {
  const inputs = 3 * scale * scale;
  const places = 2 * groupsOf(scale) * scale * scale;
  return [
    ...convolutionSpecs(`${name}.offset`, places, inputs, 1),
    { name: `${name}.scope.weight`, shape: [places, inputs, 1, 1] },
    { name: `${name}.init_pos`, shape: [1, places, 1, 1] },
    ...(scale > 1 ? convolutionSpecs(`${name}.end_conv`, 3, inputs, 1) : []),
  ];
}

/** `input` is [1, 3 * scale^2, h, w] in fp32; so is the result, [1, 3, h * scale, w * scale]. */
export function dysample(builder: GraphBuilder, input: string, name: string, scale: number): string {
  const groups = groupsOf(scale);
  const inputs = 3 * scale * scale;
  const shaped = (value: string, shape: readonly number[]): string =>
    builder.node('Reshape', [value, builder.integers(shape)]);
  const mul = (a: string, b: string): string => builder.node('Mul', [a, b]);
  const add = (a: string, b: string): string => builder.node('Add', [a, b]);

  const scope = builder.node('Conv', [input, builder.exact(`${name}.scope.weight`)], {
    kernel_shape: { ints: [1, 1] },
  });
  const half = mul(builder.node('Sigmoid', [scope]), builder.floats([0.5]));
  const offset = add(
    mul(builder.convolution(input, `${name}.offset`, 'f32'), half),
    builder.exact(`${name}.init_pos`),
  );
  // To [groups, rows, columns, 2]: first x, then y, in input pixels from the own pixel's middle.
  const whole = shuffled(builder, offset, scale);
  const places = builder.node('Transpose', [shaped(whole, [2, groups, 0, 0])], {
    perm: { ints: [1, 2, 3, 0] },
  });

  // Sampling counts from -1 to 1 over the whole width and height.
  const sides = builder.cast(
    builder.node('Slice', [builder.node('Shape', [input]), builder.integers([2]), builder.integers([4])]),
    'f32',
  );
  const side = (index: number): string =>
    builder.node('Slice', [sides, builder.integers([index]), builder.integers([index + 1])]);
  const [height, width] = [side(0), side(1)];
  const step = builder.node('Div', [
    builder.floats([2]),
    builder.node('Concat', [width, height], { axis: { int: 0 } }),
  ]);
  const xs = shaped(middles(builder, width, scale), [1, -1, 1]);
  const ys = shaped(middles(builder, height, scale), [-1, 1, 1]);
  const own = add(mul(xs, builder.floats([1, 0])), mul(ys, builder.floats([0, 1])));
  const grid = builder.node('Sub', [mul(add(places, own), step), builder.floats([1])]);

  const sampled = builder.node('GridSample', [shaped(input, [groups, inputs / groups, 0, 0]), grid], {
    mode: { string: 'bilinear' },
    padding_mode: { string: 'border' },
    align_corners: { int: 0 },
  });
  const joined = shaped(sampled, [1, inputs, 0, 0]);
  return scale > 1 ? builder.convolution(joined, `${name}.end_conv`, 'f32') : joined;
}

/** For each output column (or row) the middle of the input's one that it lies in. */
function middles(builder: GraphBuilder, side: string, scale: number): string {
  const scalar = builder.node('Squeeze', [
    builder.node('Mul', [side, builder.floats([scale])]),
    builder.integers([0]),
  ]);
  const zero = builder.node('Squeeze', [builder.floats([0]), builder.integers([0])]);
  const one = builder.node('Squeeze', [builder.floats([1]), builder.integers([0])]);
  const count = builder.node('Range', [zero, scalar, one]);
  const own = builder.node('Floor', [builder.node('Div', [count, builder.floats([scale])])]);
  return builder.node('Add', [own, builder.floats([0.5])]);
}

/** Channels to pixels, as PyTorch's `pixel_shuffle`. */
export function shuffled(builder: GraphBuilder, value: string, scale: number): string {
  if (scale === 1) return value;
  return builder.node('DepthToSpace', [value], { blocksize: { int: scale }, mode: { string: 'CRD' } });
}
