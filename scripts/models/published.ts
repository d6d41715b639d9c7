/** From a shipped model's entry to the published weights, and from those to how we store them. */

import type { Recognised } from '../../src/architectures/registry.ts';
import type { Result } from '../../src/base/result.ts';
import { readNcnn } from '../../src/formats/ncnn/reader.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { storeFp16, storeQ8, tableOfNcnn } from './convert.ts';
import { packageFile } from './packages.ts';
import type { ShippedModel } from './shipped.ts';

export async function publishedTable(model: ShippedModel): Promise<TensorTable> {
  const param = new TextDecoder().decode(packageFile(model.package, `${model.path}.param`));
  const network = value(await readNcnn(param, new Blob([packageFile(model.package, `${model.path}.bin`)])));
  return value(tableOfNcnn(network));
}

export async function storedTable(
  model: ShippedModel,
  published: TensorTable,
  network: Recognised,
): Promise<TensorTable> {
  return model.stored === 'q8' ? storeQ8(published, network) : storeFp16(published, network);
}

/** Scripts have nobody to hand a failure to. */
function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
