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

/** GELU with the error function: one operator in both backends. */
export function gelu(builder: GraphBuilder, input: string): string {
  return builder.contrib('Gelu', [input], {});
}
