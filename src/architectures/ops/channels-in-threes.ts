/** Convolutions that onnxruntime's WebGPU backend gets wrong, and how to go round that. */

/**
 * How many of a convolution's inputs to take at once; the rest follow in a convolution of their own. Weights [outputs, inputs, height,
 * width]. The kernel of onnxruntime 1.30 that takes channels in threes is right for three of them alone; it is chosen where
 * three divides their number and four does not, four divides the outputs', and weights are larger than a pixel.
 */
export function inputsAtOnce([outputs = 0, inputs = 0, height = 1, width = 1]: readonly number[]): number {
  const threes = inputs > 3 && inputs % 3 === 0 && inputs % 4 !== 0;
  return threes && outputs % 4 === 0 && height * width > 1 ? inputs - (inputs % 4) : inputs;
}
