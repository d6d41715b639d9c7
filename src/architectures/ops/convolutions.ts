/** Convolutions other than the usual one, which keeps its size and has a bias. */

import type { GraphBuilder } from '../graph-builder.ts';

export interface ConvolutionForm {
  readonly kernel: number;
  readonly stride?: number;
  /** Pixels of zeros around the input; half the kernel unless told otherwise. */
  readonly pad?: number;
  readonly groups?: number;
  /** True unless told otherwise: `name.bias` is there. */
  readonly bias?: boolean;
}

/** A convolution with the weights `name.weight` in the compute dtype. */
export function convolve(
  builder: GraphBuilder,
  input: string,
  name: string,
  { kernel, stride = 1, pad = (kernel - 1) / 2, groups = 1, bias = true }: ConvolutionForm,
): string {
  const weights = [builder.weight(`${name}.weight`), ...(bias ? [builder.weight(`${name}.bias`)] : [])];
  return builder.node('Conv', [input, ...weights], {
    kernel_shape: { ints: [kernel, kernel] },
    pads: { ints: [pad, pad, pad, pad] },
    strides: { ints: [stride, stride] },
    group: { int: groups },
  });
}
