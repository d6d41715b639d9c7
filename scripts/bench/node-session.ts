/** A shipped model behind the engine's session interface, run by onnxruntime-node: fast, and with no wasm heap's limit. */

import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { buildGraph, readModel, recognise } from '../../src/architectures/registry.ts';
import { ok } from '../../src/base/result.ts';
import type { Catalogue, ModelCard } from '../../src/models/card.ts';
import type { ModelSession } from '../../workers/engine/model-session.ts';
import { must } from './must.ts';

const models = new URL('../../public/models/', import.meta.url);

export async function readCatalogue(): Promise<Catalogue> {
  return JSON.parse(await readFile(new URL('catalogue.json', models), 'utf8')) as Catalogue;
}

export async function nodeSession(card: ModelCard): Promise<ModelSession> {
  const blob = new Blob([await readFile(new URL(card.file.path, models))]);
  const table = must(await readModel(blob));
  const graph = must(buildGraph(must(recognise(table)), table, 'fp32'));
  const data = new Uint8Array(await blob.arrayBuffer());
  const session = await InferenceSession.create(graph.model, {
    externalData: graph.external.map(({ path }) => ({ path, data })),
    logSeverityLevel: 3,
  });
  return {
    card,
    backend: 'wasm',
    precision: 'fp32',
    run: async (planes, { width, height }) => {
      const { output } = await session.run({ input: new Tensor('float32', planes, [1, 3, height, width]) });
      if (!(output?.data instanceof Float32Array)) throw new Error('The network gave no floats.');
      return ok(output.data as Float32Array<ArrayBuffer>);
    },
    release: () => session.release(),
  };
}
