/** Tables with chosen tensors in few bits, for tests; models take the road of `store-parts.ts`. */

import { AppendedTable, type ByteStore } from '../../formats/appended-table.ts';
import { singlesOf } from '../../formats/convert-dtypes.ts';
import { tensorBytes } from '../../formats/tensor-bytes.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import type { PackedBits } from '../packed.ts';
import { putPacked } from './quantise-table.ts';

/**
 * The table with the tensors of the plan in so many bits, convolutions always in 8. Those of other shapes, of integers, or with values that
 * are no numbers or beyond half precision stay as they are.
 */
export async function quantiseTable(
  table: TensorTable,
  plan: ReadonlyMap<string, PackedBits>,
  store: ByteStore,
  { symmetric = true }: { readonly symmetric?: boolean } = {},
): Promise<TensorTable> {
  const appended = new AppendedTable(table, store);
  const entries = [...plan.keys()].flatMap((name) => table.tensors.get(name) ?? []);
  for (const entry of entries) {
    const { name, shape, dtype } = entry;
    if (shape.length !== 4 && (shape.length !== 2 || (shape[1] ?? 1) % 32 !== 0)) continue;
    const values = singlesOf((await tensorBytes(table, entry)).buffer, dtype);
    if (values) await putPacked(appended, entry, values, plan.get(name) ?? 8, symmetric);
  }
  return appended.finish();
}
