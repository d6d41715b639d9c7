/** Weights that no graph could take in place, converted once. */

import type { Precision } from '../../../src/architectures/graph-builder.ts';
import { isScaleOf } from '../../../src/architectures/packed.ts';
import { blobStore } from '../../../src/formats/appended-table.ts';
import { convertTable } from '../../../src/formats/convert-table.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';

/** The table itself where nothing is to do. Weights of few bits stay, and their scales with them. */
export async function computableTable(table: TensorTable, precision: Precision): Promise<TensorTable> {
  const compute = precision === 'fp16' ? 'f16' : 'f32';
  const names = [...table.tensors.values()]
    .filter((entry) => entry.dtype !== 'f16' && entry.dtype !== compute && !isScaleOf(table, entry))
    .map(({ name }) => name);
  if (names.length === 0) return table;
  const converted = await convertTable(table, compute, names, blobStore());
  return converted ? converted.table : table;
}
