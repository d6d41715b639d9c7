/** One network, ready to run on one backend: RGB planes in, enlarged RGB planes out. */

import type { InferenceSession } from 'onnxruntime-web';
import type { BuiltGraph } from '../../src/architectures/built-graph.ts';
import { foreignGraph, type ForeignModel } from '../../src/architectures/foreign.ts';
import { findWeights } from '../../src/architectures/open-weights.ts';
import { buildGraph, networkPools, recognise } from '../../src/architectures/registry.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import { readOnnx } from '../../src/formats/onnx/reader.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import type { ModelCard } from '../../src/models/card.ts';
import type { Size } from '../../src/picture/geometry.ts';
import type { BackendName, Precision } from '../../src/protocol/backend.ts';
import type { ModelSource } from '../../src/protocol/engine.ts';
import { cropPlanes, padPlanes } from '../../src/tiles/pad.ts';
import type { OrtGate } from './ort-gate.ts';
import { PooledSession } from './pooled-session.ts';
import type { Runtime } from './runtime.ts';

export interface ModelSession {
  readonly card: ModelCard;
  readonly backend: BackendName;
  readonly precision: Precision;
  /**
   * `planes`: RGB, channel by channel, 3 x height x width, 0..1. The result is 3 x (height x scale) x
   * (width x scale), not clamped. Failures: `out-of-memory`, `gpu-lost`.
   */
  run(planes: Float32Array<ArrayBuffer>, size: Size): Promise<Result<Float32Array<ArrayBuffer>>>;
  /** Of a network with means over the whole picture: what shares them between tiles. */
  readonly pooled?: PooledSession;
  release(): Promise<void>;
}

export interface Placement {
  readonly backend: BackendName;
  readonly precision: Precision;
  readonly device: GPUDevice | null;
}

/** Reads the weights' table out of a model file and checks it against its card. */
export async function readTable(source: ModelSource): Promise<Result<TensorTable>> {
  const { card } = source;
  if (card.foreign) {
    const header = await readOnnx(source.bytes);
    return header.ok ? ok(header.value.table) : header;
  }
  const found = await findWeights([{ name: card.file.path, blob: source.bytes }]);
  if (!found.ok) return found;
  const { network, stored } = found.value;
  if (network.family !== card.family || network.scale !== card.scale) {
    return fail(
      'model-damaged',
      `"${card.id}" should be a ${card.family} network of scale ${card.scale}, but its file holds ` +
        `${network.family} of scale ${network.scale}. Remove the model and fetch it again.`,
    );
  }
  return ok(stored);
}

export async function createSession(
  runtime: Runtime,
  gate: OrtGate,
  card: ModelCard,
  table: TensorTable,
  placement: Placement,
): Promise<Result<ModelSession>> {
  const create = async (known?: number): Promise<Result<Created>> => {
    const graph = card.foreign
      ? await graphAround(card.foreign, table)
      : graphOver(table, placement.precision, known);
    if (!graph.ok) return graph;
    const session = await gate.pass(() =>
      runtime.ort.InferenceSession.create(graph.value.model, sessionOptions(graph.value, placement)),
    );
    return session.ok ? ok({ graph: graph.value, session: session.value }) : session;
  };
  const created = await create();
  if (!created.ok) return created;
  const { graph, session } = created.value;
  const points = card.foreign ? [] : networkPools(card.family, card.structure);
  const pooled = new PooledSession(runtime, gate, card, points, async (known) => {
    const stage = await create(known);
    return stage.ok ? ok(stage.value.session) : stage;
  });
  return ok({
    card,
    backend: placement.backend,
    precision: placement.precision,
    ...(points.length > 0 ? { pooled } : {}),
    run: async (planes, size) => {
      const { scale } = graph;
      const padded = padPlanes(planes, size, card.tiles);
      const result = await runSession(runtime, gate, session, graph, padded.planes, padded.size);
      return result.ok ? ok(cropPlanes(result.value, times(padded.size, scale), times(size, scale))) : result;
    },
    release: async () => {
      await pooled.release();
      await gate.pass(() => session.release());
    },
  });
}

interface Created {
  readonly graph: BuiltGraph;
  readonly session: InferenceSession;
}

function graphOver(table: TensorTable, precision: Precision, known?: number): Result<BuiltGraph> {
  const network = recognise(table);
  return network.ok ? buildGraph(network.value, table, precision, known) : network;
}

/** A foreign graph computes in the precision that it was written in. */
async function graphAround(foreign: ForeignModel, { blob }: TensorTable): Promise<Result<BuiltGraph>> {
  const header = await readOnnx(blob);
  return header.ok ? foreignGraph(header.value, foreign) : header;
}

function times({ width, height }: Size, factor: number): Size {
  return { width: width * factor, height: height * factor };
}

export function sessionOptions(
  graph: BuiltGraph,
  placement: Pick<Placement, 'backend' | 'device'>,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [
      placement.backend === 'webgpu' && placement.device
        ? { name: 'webgpu', device: placement.device }
        : { name: 'wasm' },
    ],
    graphOptimizationLevel: 'all',
    externalData: graph.external.map(({ path, blob }) => ({ path, data: blob })),
  };
}

async function runSession(
  runtime: Runtime,
  gate: OrtGate,
  session: InferenceSession,
  { scale, ends = { input: 'input', output: 'output' } }: BuiltGraph,
  planes: Float32Array<ArrayBuffer>,
  size: Size,
): Promise<Result<Float32Array<ArrayBuffer>>> {
  return gate.pass(async () => {
    const input = new runtime.ort.Tensor('float32', planes, [1, 3, size.height, size.width]);
    const results = await session.run({ [ends.input]: input });
    const data = results[ends.output]?.data;
    const expected = planes.length * scale * scale;
    if (!(data instanceof Float32Array) || data.length !== expected) {
      throw new Error(`The network returned ${data?.length ?? 0} values instead of ${expected}.`);
    }
    return data as Float32Array<ArrayBuffer>;
  });
}
