/** Tables without weights: zeros of a network's shapes and storage. */

import { dtypeBytes, valueCount } from '../formats/tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import type { TensorSpec } from './architecture.ts';
import { scaleName } from './graph-builder.ts';

/** How a network's convolutions and matrices are stored. */
export type Storage = 'fp32' | 'fp16' | 'q8';

/** All tensors share the zeros at the start of one Blob, which is as large as the largest of them. */
export function zeroTable(specs: readonly TensorSpec[], stored: Storage): TensorTable {
  const tensors = new Map<string, TensorEntry>();
  let most = 0;
  const add = (name: string, dtype: Dtype, shape: readonly number[]): void => {
    const bytes = valueCount(shape) * dtypeBytes[dtype];
    most = Math.max(most, bytes);
    tensors.set(name, { name, dtype, shape, offset: 0, bytes });
  };
  for (const { name, shape } of specs) {
    if (shape.length !== 4 || stored === 'fp32') add(name, 'f32', shape);
    else if (stored === 'fp16') add(name, 'f16', shape);
    else {
      add(name, 'i8', shape);
      add(scaleName(name), 'f16', [1]);
    }
  }
  return { blob: new Blob([new Uint8Array(most)]), tensors };
}
