/** An ncnn network's weights as a table, under the names that its family gives them. */

import { fail, ok, type Result } from '../base/result.ts';
import type { NcnnNetwork } from '../formats/ncnn/network.ts';
import type { TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import { ncnnNames } from './registry.ts';

/** Failures: `model-unrecognised` when no family has such layers. */
export function tableOfNcnn(network: NcnnNetwork): Result<TensorTable> {
  const names = ncnnNames(network.layers);
  const weighty = network.layers.filter(({ weights }) => weights.length > 0);
  if (!names) {
    return fail(
      'model-unrecognised',
      `No known family has these ${network.layers.length} ncnn layers, of which ${weighty.length} have weights. ` +
        'Open the model in the format in which it was trained (.pth, .safetensors), or as ONNX.',
      { layers: network.layers.length },
    );
  }
  const tensors = new Map<string, TensorEntry>();
  weighty.forEach(({ weights }, index) => {
    for (const { role, dtype, shape, offset, bytes } of weights) {
      const name = `${names[index] ?? ''}.${role === 'bias' ? 'bias' : 'weight'}`;
      tensors.set(name, { name, dtype, shape, offset, bytes });
    }
  });
  return ok({ blob: network.blob, tensors });
}
