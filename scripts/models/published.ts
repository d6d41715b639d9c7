/** From a shipped model's entry to the published weights, and from those to how we store them. */

import { dirname } from 'node:path/posix';
import { tableOfNcnn } from '../../src/architectures/ncnn-table.ts';
import type { Recognised } from '../../src/architectures/registry.ts';
import { storeSmaller } from '../../src/architectures/smaller.ts';
import type { Result } from '../../src/base/result.ts';
import { readNcnn } from '../../src/formats/ncnn/reader.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { readTfjs } from '../../src/formats/tfjs/reader.ts';
import { tableOfTfjs } from './convert.ts';
import { packageFile } from './packages.ts';
import type { ShippedModel } from './shipped.ts';

/** Where the weights are: enough to read them. */
export type PublishedFile = Pick<ShippedModel, 'format' | 'package' | 'path'>;

export async function publishedTable(model: PublishedFile): Promise<TensorTable> {
  return model.format === 'ncnn' ? ncnnTable(model) : tfjsTable(model);
}

async function tfjsTable(model: PublishedFile): Promise<TensorTable> {
  const folder = dirname(model.path);
  const json = new TextDecoder().decode(packageFile(model.package, model.path));
  const shard = 'group1-shard1of1.bin';
  const shards = new Map([[shard, new Blob([packageFile(model.package, `${folder}/${shard}`)])]]);
  return tableOfTfjs(value(readTfjs(json, shards)));
}

async function ncnnTable(model: PublishedFile): Promise<TensorTable> {
  const param = new TextDecoder().decode(packageFile(model.package, `${model.path}.param`));
  const network = value(await readNcnn(param, new Blob([packageFile(model.package, `${model.path}.bin`)])));
  return value(tableOfNcnn(network));
}

export async function storedTable(
  model: ShippedModel,
  published: TensorTable,
  network: Recognised,
): Promise<TensorTable> {
  if (model.format === 'tfjs') return published; // 8 bits already
  const table = await storeSmaller(published, network, model.stored);
  if (!table) throw new Error(`${model.id} was not stored`);
  return table;
}

/** Scripts have nobody to hand a failure to. */
function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
