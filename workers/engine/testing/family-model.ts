/** A tiny seeded network of any family, from the weights that torch was held against: `scripts/reference/families`. */

import { findWeights } from '../../../src/architectures/open-weights.ts';
import { importedCard, storageOf } from '../../../src/models/imported.ts';
import type { ModelSource } from '../../../src/protocol/engine.ts';

/** `fixture` is `<family>-<case>`. */
export async function familyModel(fixture: string): Promise<ModelSource> {
  const path = `/scripts/reference/families/${fixture}.safetensors`;
  const bytes = await (await fetch(path)).blob();
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
