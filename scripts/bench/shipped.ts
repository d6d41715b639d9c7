/** A shipped model, as a page of the benchmarks gets it. */

import { parseCatalogue } from '../../src/models/catalogue.ts';
import type { ModelSource } from '../../src/protocol/engine.ts';
import { must } from './must.ts';

export async function shippedModels(): Promise<ModelSource[]> {
  const catalogue = must(parseCatalogue(await (await fetch('/models/catalogue.json')).json()));
  return Promise.all(
    catalogue.models.map(async (card) => ({
      card,
      bytes: await (await fetch(`/models/${card.file.path}`)).blob(),
    })),
  );
}
