/** Runs a graph in Node, for measuring models and for tests. */

import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { BuiltGraph } from '../../src/architectures/built-graph.ts';
import { buildGraph, readModel, recognise } from '../../src/architectures/registry.ts';
import type { Precision } from '../../src/architectures/graph-builder.ts';

/** RGB planes, 0..1: 3 x height x width. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** The graph of a model file, by the road that the app takes. Throws on any failure. */
export async function graphOf(file: Uint8Array<ArrayBuffer>, precision: Precision): Promise<BuiltGraph> {
  const table = await readModel(new Blob([file]));
  if (!table.ok) throw new Error(table.error.message);
  const network = recognise(table.value);
  if (!network.ok) throw new Error(network.error.message);
  const graph = buildGraph(network.value, table.value, precision);
  if (!graph.ok) throw new Error(graph.error.message);
  return graph.value;
}

export class Network {
  readonly #session: InferenceSession;
  readonly #scale: number;

  private constructor(session: InferenceSession, scale: number) {
    this.#session = session;
    this.#scale = scale;
  }

  static async open(graph: BuiltGraph): Promise<Network> {
    const externalData = await Promise.all(
      graph.external.map(async ({ path, blob }) => ({
        path,
        data: new Uint8Array(await blob.arrayBuffer()),
      })),
    );
    const session = await InferenceSession.create(graph.model, {
      executionProviders: ['cpu'],
      externalData,
      intraOpNumThreads: 2,
      logSeverityLevel: 3,
    });
    return new Network(session, graph.scale);
  }

  async run({ width, height, data }: Planes): Promise<Planes> {
    const input = new Tensor('float32', data, [1, 3, height, width]);
    const output = (await this.#session.run({ input }))['output'];
    if (!(output?.data instanceof Float32Array)) throw new Error('The network returned no fp32 output');
    return { width: width * this.#scale, height: height * this.#scale, data: output.data };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
