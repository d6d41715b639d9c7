/**
 * Makes `public/models` out of the published weights: reads, recognises, stores, writes, measures. A second
 * run gives the same bytes. `npm run models`
 */

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkCost, networkRules, networkTensors } from '../../src/architectures/registry.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import type { Catalogue, ModelCard } from '../../src/models/card.ts';
import { recognised } from './convert.ts';
import { writeExamples } from './examples.ts';
import { flatShift } from './flat.ts';
import { modelFile } from './model-file.ts';
import { publishedTable, storedTable } from './published.ts';
import { graphOf, Network } from './run.ts';
import { defaultModel, shippedModels, type ShippedModel } from './shipped.ts';

const folder = join(import.meta.dirname, '../../public/models');

async function build(model: ShippedModel): Promise<ModelCard> {
  const published = await publishedTable(model);
  const network = recognised(published);
  const { family, structure, scale } = network;
  const file = await modelFile(network, await storedTable(model, published, network), {
    weights: model.weights,
    package: model.package,
    licence: model.licence.id,
    homepage: model.homepage,
  });
  const path = `${model.id}.onnx`;
  writeFileSync(join(folder, path), file);

  const running = await Network.open(await graphOf(file, 'fp32'));
  const shift = await flatShift(running);
  const example = { before: `examples/${model.id}-before.png`, after: `examples/${model.id}-after.png` };
  await writeExamples(running, model.example, join(folder, example.before), join(folder, example.after));
  await running.release();
  console.log(
    `${path}: ${file.length} bytes, flat colours shift by up to ${shift.inside.toFixed(1)} levels, ${shift.anywhere.toFixed(1)} at the edges`,
  );

  return {
    id: model.id,
    origin: 'shipped',
    family,
    structure,
    scale,
    name: model.name,
    use: model.use,
    uses: model.uses,
    weights: model.weights,
    stored: model.stored,
    parameters: networkTensors(family, structure).reduce((sum, { shape }) => sum + valueCount(shape), 0),
    ...networkCost(family, structure),
    tiles: networkRules(family, structure),
    keepsFlat: shift.anywhere <= 1,
    file: { path, bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') },
    licence: model.licence,
    source: { package: model.package, path: model.path, homepage: model.homepage },
    example,
  };
}

mkdirSync(folder, { recursive: true });
const models: ModelCard[] = [];
for (const model of shippedModels) models.push(await build(model));
const catalogue: Catalogue = { version: 1, default: defaultModel, models };
writeFileSync(join(folder, 'catalogue.json'), `${JSON.stringify(catalogue, null, 2)}\n`);
