/** A tiny seeded network of any family, from the weights that torch was held against: `scripts/reference/families`. */

import { findWeights } from '../../../src/architectures/open-weights.ts';
import { importedCard, storageOf } from '../../../src/models/imported.ts';
import { fromHalfArray, toHalfArray } from '../../../src/formats/float16.ts';
import { readSafetensors } from '../../../src/formats/safetensors/reader.ts';
import { writeSafetensors } from '../../../src/formats/safetensors/writer.ts';
import { TableWriter } from '../../../src/formats/table-writer.ts';
import type { ModelSource } from '../../../src/protocol/engine.ts';

/** `fixture` is `<family>-<case>`; `factor` is what a tensor's values are multiplied by. */
export async function familyModel(
  fixture: string,
  factor: (tensor: string) => number = () => 1,
): Promise<ModelSource> {
  const path = `/scripts/reference/families/${fixture}.safetensors`;
  const bytes = await scaled(await (await fetch(path)).blob(), factor);
  const found = await findWeights([{ name: `${fixture}.safetensors`, blob: bytes }]);
  if (!found.ok) throw new Error(found.error.message);
  const { network, stored } = found.value;
  const card = importedCard(
    {
      name: fixture,
      weights: path,
      family: network.family,
      structure: network.structure,
      stored: storageOf(stored, network),
    },
    { id: fixture, bytes: bytes.size, sha256: fixture },
  );
  if (!card) throw new Error(`No card for ${fixture}.`);
  return { card, bytes };
}

/** Fixtures are in half precision. */
async function scaled(bytes: Blob, factor: (tensor: string) => number): Promise<Blob> {
  const table = await readSafetensors(bytes);
  if (!table.ok) throw new Error(table.error.message);
  const writer = new TableWriter();
  for (const [name, entry] of table.value.tensors) {
    const by = factor(name);
    if (by === 1) {
      writer.keep(table.value, entry);
      continue;
    }
    const part = table.value.blob.slice(entry.offset, entry.offset + entry.bytes);
    const values = fromHalfArray(new Uint16Array(await part.arrayBuffer())).map((value) => value * by);
    writer.add(name, entry.dtype, entry.shape, toHalfArray(values));
  }
  return writeSafetensors(writer.finish(), {});
}
