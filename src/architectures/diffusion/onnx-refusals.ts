/** Why a ready-made ONNX graph cannot be redrawn with, in sentences that say what can. */

import { fail, type Result } from '../../base/result.ts';
import { familyOf, refuseFamily } from './checkpoint-foreign.ts';
import type { OtherGraph } from './onnx-ends.ts';

/** Failures: `model-unsupported`. */
export function refuseGraph(
  name: string,
  found: Extract<OtherGraph, { kind: 'family' | 'extra' }>,
): Result<never> {
  return found.kind === 'family'
    ? refuseFamily(name, familyOf(found.family))
    : refuseExtra(name, found.inputs);
}

function refuseExtra(name: string, inputs: readonly string[]): Result<never> {
  const residuals = inputs.some((input) => /^(down_block|mid_block)/.test(input));
  const asked = residuals
    ? "a ControlNet's results"
    : inputs
        .slice(0, 3)
        .map((input) => `"${input}"`)
        .join(', ');
  return fail(
    'model-unsupported',
    `The ONNX graph in "${name}" asks for ${asked}, which Enlarger does not give such graphs. Take an export without ` +
      `${inputs.length > 1 || residuals ? 'them' : 'it'}, or the model as .safetensors.`,
    { reason: 'onnx-inputs', name, inputs: inputs.join(', ') },
  );
}

/** Of a graph whose one size is not square. */
export function refuseSides(name: string): Result<never> {
  return fail(
    'model-unsupported',
    `The ONNX graph in "${name}" takes pictures of one size that is not square. Take an export for square pictures or for any ` +
      'size, or the model as .safetensors.',
    { reason: 'onnx-size', name },
  );
}
