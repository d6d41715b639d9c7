/** Activations that opset 17 has no operator for, from ones that every backend has. */

import type { GraphBuilder } from '../graph-builder.ts';

/**
 * Mish, x * tanh(softplus(x)). With s = sigmoid(x) and m = s (2 - s) the tangent is m / (2 - m), which neither
 * overflows nor cancels in half precision. (WebGPU has no Softplus: the CPU would be asked in the middle of a network.)
 */
export function mish(builder: GraphBuilder, input: string): string {
  const two = builder.number(2);
  const s = builder.node('Sigmoid', [input]);
  const m = builder.node('Mul', [s, builder.node('Sub', [two, s])]);
  return builder.node('Mul', [input, builder.node('Div', [m, builder.node('Sub', [two, m])])]);
}

/** GELU with the error function, in the form that runtimes fuse to one operator. */
export function gelu(builder: GraphBuilder, input: string): string {
  const erf = builder.node('Erf', [builder.node('Div', [input, builder.number(Math.SQRT2)])]);
  const share = builder.node('Mul', [input, builder.node('Add', [erf, builder.number(1)])]);
  return builder.node('Mul', [share, builder.number(0.5)]);
}
