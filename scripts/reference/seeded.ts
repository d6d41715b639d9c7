/** Made-up weights of any network, as `tiny.py` makes them: from the tensors' names. */

import { valueCount } from '../../src/formats/tensor-bytes.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import type { TensorSpec } from '../../src/architectures/architecture.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';

export function seeded(
  name: string,
  shape: readonly number[],
  low: number,
  high: number,
): Float32Array<ArrayBuffer> {
  let state = 2166136261;
  for (const byte of new TextEncoder().encode(name)) state = Math.imul(state ^ byte, 16777619) >>> 0;
  return Float32Array.from({ length: valueCount(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  });
}

export function seededTable(specs: readonly TensorSpec[]): TensorTable {
  const writer = new TableWriter();
  for (const { name, shape } of specs) {
    const [, inputs = 0, height = 0, width = 0] = shape;
    const most = Math.sqrt(3 / (inputs * height * width));
    const [low, high] =
      shape.length === 4 ? [-most, most] : name.endsWith('.bias') ? [-0.1, 0.1] : [-0.2, 0.4];
    writer.add(name, 'f32', shape, seeded(name, shape, low, high));
  }
  return writer.finish();
}
