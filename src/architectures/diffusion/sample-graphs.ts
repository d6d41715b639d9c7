/** Small ONNX files with the ends of published parts of diffusion models, for tests. */

import type { OnnxInitializer, OnnxModel, OnnxNode, OnnxValue } from '../../formats/onnx/model.ts';
import { writeOnnx } from '../../formats/onnx/writer.ts';
import type { Dtype } from '../../formats/tensor-table.ts';

type Side = number | string;
type End = readonly [name: string, dtype: Dtype, ...shape: Side[]];

interface Sketch {
  readonly inputs: readonly End[];
  readonly outputs: readonly End[];
  readonly weights?: readonly End[];
  readonly nodes?: readonly OnnxNode[];
}

function valueOf([name, dtype, ...shape]: End): OnnxValue {
  return { name, dtype, shape };
}

function zeros([name, dtype, ...sides]: End): OnnxInitializer {
  const shape = sides.map(Number);
  const bytes = shape.reduce((product, side) => product * side, dtype === 'f16' ? 2 : 4);
  return { name, dtype, shape, data: { inline: new Uint8Array(bytes) } };
}

/** A file whose nodes are nothing but those that are told. */
export function sampleGraph({ inputs, outputs, weights = [], nodes }: Sketch): Blob {
  const passing: OnnxNode = {
    op: 'Identity',
    inputs: [inputs[0]?.[0] ?? ''],
    outputs: [outputs[0]?.[0] ?? ''],
  };
  const model: OnnxModel = {
    name: 'sample',
    opset: 17,
    inputs: inputs.map(valueOf),
    outputs: outputs.map(valueOf),
    nodes: nodes ?? [passing],
    initializers: weights.map(zeros),
  };
  return new Blob([writeOnnx(model)]);
}

const map: readonly Side[] = ['batch', 4, 'height', 'width'];

/** Parts of Stable Diffusion 1 where nothing else is said. */
export const sampleGraphs = {
  text: (dtype: 'i32' | 'i64' = 'i32', width = 768): Blob =>
    sampleGraph({
      inputs: [['input_ids', dtype, 'batch', 'sequence']],
      outputs: [
        ['last_hidden_state', 'f32', 'batch', 'sequence', width],
        ['pooler_output', 'f32', 'batch', width],
      ],
    }),
  unet: (more: readonly End[] = [], width: Side = 768): Blob =>
    sampleGraph({
      inputs: [
        ['sample', 'f32', ...map],
        ['timestep', 'f32', 'batch'],
        ['encoder_hidden_states', 'f32', 'batch', 'sequence', width],
        ...more,
      ],
      outputs: [['out_sample', 'f32', ...map]],
    }),
  encoder: (output: End = ['latent_parameters', 'f32', 'batch', 8, 'h', 'w']): Blob =>
    sampleGraph({ inputs: [['sample', 'f32', 'batch', 3, 'height', 'width']], outputs: [output] }),
  decoder: (): Blob =>
    sampleGraph({
      inputs: [['latent_sample', 'f32', ...map]],
      outputs: [['sample', 'f32', 'batch', 3, 'high', 'wide']],
    }),
};
