/** What a model with ready-made graphs cannot be asked for, in sentences that say what to do instead. */

import type { FoundModel } from '../../../src/architectures/diffusion/checkpoint.ts';
import { isReady, type MixedModel } from '../../../src/architectures/diffusion/onnx-whole.ts';
import type { FullRefineStep } from '../../../src/recipes/refine.ts';

/** All that changes a model changes weights, or needs more of its graphs than they give. Null where nothing of it is asked for. */
export function readyRefusal(
  { text, unet, controlnet }: MixedModel,
  { embeddings, clipSkip }: FoundModel,
  step: Pick<FullRefineStep, 'control' | 'clipSkip'>,
  loras: readonly { readonly file: string }[],
): string | null {
  const graph = isReady(unet) ? unet : isReady(text) ? text : null;
  const other = 'or take the model as .safetensors';
  const [lora] = loras;
  if (lora) {
    const where = graph ? ` ("${graph.from}")` : '';
    return `The LoRA "${lora.file}" cannot be merged into a ready-made ONNX graph${where}. Leave it out, ${other}.`;
  }
  if (controlnet || step.control) {
    const name = controlnet?.from ?? step.control?.file;
    const what = name === undefined ? 'A ControlNet' : `The ControlNet "${name}"`;
    return `${what} cannot steer a model with ready-made ONNX graphs, which take no results of it. Leave it out, ${other}.`;
  }
  const skip = step.clipSkip ?? clipSkip ?? 1;
  if (isReady(text) && skip > 1) {
    return `The text encoder in "${text.from}" is a ready-made ONNX graph, which always runs to its end. Set clip skip to 1, ${other}.`;
  }
  const [embedding] = embeddings;
  return embedding
    ? `The textual inversion "${embedding.name}" cannot be given to a model with ready-made ONNX graphs. Leave it out, ${other}.`
    : null;
}

/** Null where no graph computes in half precision. */
export function halfRefusal(parts: MixedModel): string | null {
  const half = [parts.text, parts.unet, parts.encoder, parts.decoder]
    .filter(isReady)
    .find((part) => part.half);
  if (!half) return null;
  return (
    `The ONNX graph in "${half.from}" computes in half precision, which this device does not (its GPU, driver or browser lacks shader-f16). ` +
    'Choose the CPU as device, or take the model as .safetensors or as an export in fp32.'
  );
}
