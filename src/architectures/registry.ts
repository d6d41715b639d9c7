/**
 * The road from a weights file to a graph: read the file as a tensor table, recognise the network by names
 * and shapes, write its graph over the same bytes. A new family is one line in `architectures`.
 */

import { invariant } from '../base/assert.ts';
import { ok, type Result } from '../base/result.ts';
import type { OnnxModel } from '../formats/onnx/model.ts';
import { readOnnx } from '../formats/onnx/reader.ts';
import { writeOnnx } from '../formats/onnx/writer.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { TileRules } from '../tiles/rules.ts';
import type { Architecture, Cost, PoolingPoint, Structure, TensorSpec } from './architecture.ts';
import { atd } from './atd.ts';
import type { BuiltGraph } from './built-graph.ts';
import { checkTable, strangers } from './check-table.ts';
import { cunet } from './cunet.ts';
import { dat } from './dat.ts';
import { describeUnknown } from './describe-unknown.ts';
import { zeroTable, type Storage } from './empty-table.ts';
import { esrgan } from './esrgan.ts';
import type { Family } from './family.ts';
import { GraphBuilder, weightsPath, type Precision } from './graph-builder.ts';
import { hat } from './hat.ts';
import { omnisr } from './omnisr.ts';
import { plksr } from './plksr.ts';
import { rdn } from './rdn.ts';
import { rgt } from './rgt.ts';
import { rrdn } from './rrdn.ts';
import { span } from './span.ts';
import { srvgg } from './srvgg.ts';
import { withoutPrefixes } from './state-dict.ts';
import { swin2sr } from './swin2sr.ts';
import { swinir } from './swinir.ts';
import { upconv } from './upconv.ts';

export interface Recognised {
  readonly family: Family;
  readonly structure: Structure;
  /** Output pixels for one input pixel, per side. */
  readonly scale: number;
}

/** An architecture with its own structure type hidden: what the registry calls after `parse`. */
interface Entry {
  readonly family: Family;
  structure(table: TensorTable): Structure | null;
  rename(table: TensorTable): TensorTable | null;
  ignores(name: string): boolean;
  network(structure: Structure): Network | null;
  ncnnNames: NonNullable<Architecture['ncnnNames']>;
}

interface Network {
  readonly scale: number;
  readonly tensors: readonly TensorSpec[];
  readonly cost: Cost;
  readonly rules: TileRules;
  readonly pools: readonly PoolingPoint[];
  graph(builder: GraphBuilder, input: string): string;
}

function entry<S extends Structure>(architecture: Architecture<S>): Entry {
  return {
    family: architecture.family,
    structure: (table) => architecture.structure(table),
    rename: (table) => architecture.rename?.(table) ?? null,
    ignores: (name) => architecture.ignores?.(name) ?? false,
    network(given) {
      const structure = architecture.parse(given);
      if (!structure) return null;
      return {
        scale: architecture.scale(structure),
        tensors: architecture.tensors(structure),
        cost: architecture.cost(structure),
        rules: architecture.rules(structure),
        pools: architecture.pools?.(structure) ?? [],
        graph: (builder, input) => architecture.graph(builder, structure, input),
      };
    },
    ncnnNames: (layers) => architecture.ncnnNames?.(layers) ?? null,
  };
}

const architectures: readonly Entry[] = [
  entry(srvgg),
  entry(esrgan),
  entry(rdn),
  entry(rrdn),
  entry(span),
  entry(plksr),
  entry(omnisr),
  entry(dat),
  entry(rgt),
  entry(atd),
  entry(hat),
  entry(swinir),
  entry(swin2sr),
  entry(cunet),
  entry(upconv),
];

/** Reads a model file's header as a tensor table. Failures: `model-damaged`. */
export async function readModel(blob: Blob): Promise<Result<TensorTable>> {
  const header = await readOnnx(blob);
  if (!header.ok) return header;
  const tensors = [...header.value.table.tensors].filter(([name]) => isWeight(name));
  return ok({ blob, tensors: new Map(tensors) });
}

/** Whether an initializer of an ONNX file of ours is a weight: what the graph itself holds (shapes, factors) has the builder's names. */
export function isWeight(name: string): boolean {
  return !/^[ifn]_/.test(name);
}

/**
 * Finds the family and structure of a table by its names and shapes. Failures: `model-unrecognised` when no
 * family has such tensors, `model-damaged` when one does but a tensor is missing or has the wrong shape.
 */
export function recognise(table: TensorTable): Result<Recognised> {
  for (const architecture of architectures) {
    const { family } = architecture;
    const structure = architecture.structure(table);
    const network = structure && architecture.network(structure);
    if (!network) continue;
    const left = strangers(table, network.tensors).filter((name) => !architecture.ignores(name));
    if (left.length > 0) continue;
    const checked = checkTable(table, network.tensors);
    return checked.ok ? ok({ family, structure, scale: network.scale }) : checked;
  }
  return { ok: false, error: describeUnknown(table, knownFamilies()) };
}

/** The families that can be recognised. */
export function knownFamilies(): readonly Family[] {
  return architectures.map(({ family }) => family);
}

/**
 * Writes the graph of a recognised network over its table: input `input` and output `output`, fp32 NCHW RGB
 * 0..1, batch 1; inside it computes in `precision`. With `known` means of the whole picture given from outside
 * (`networkPools`) it has the inputs that GraphBuilder.mean tells, and returns the next mean, or pixels where all
 * are known. Failures: `model-damaged` when the table is not complete.
 */
export function buildGraph(
  recognised: Recognised,
  table: TensorTable,
  precision: Precision,
  known?: number,
): Result<BuiltGraph> {
  const model = composeGraph(recognised, table, precision, known);
  if (!model.ok) return model;
  return ok({
    model: writeOnnx(model.value),
    external: [{ path: weightsPath, blob: table.blob }],
    scale: recognised.scale,
    io: 'f32',
  });
}

/** The graph of `buildGraph` before it is written; its weights are ranges of the table's Blob. */
export function composeGraph(
  { family, structure }: Recognised,
  table: TensorTable,
  precision: Precision,
  known?: number,
): Result<OnnxModel> {
  const network = networkOf(family, structure);
  const checked = checkTable(table, network.tensors);
  if (!checked.ok) return checked;
  const builder = new GraphBuilder(table, precision, known);
  return ok(builder.finish(network.graph(builder, 'input'), family));
}

/**
 * A table of the same shapes and storage without the weights: all zeros, over one small Blob. A network's
 * speed does not depend on its weights, so it can be timed before it is fetched.
 */
export function emptyTable(family: Family, structure: Structure, stored: Storage): TensorTable {
  return zeroTable(networkOf(family, structure).tensors, stored);
}

/** Every tensor of a network of this structure, in its order of use. */
export function networkTensors(family: Family, structure: Structure): readonly TensorSpec[] {
  return networkOf(family, structure).tensors;
}

/** The tile rules of a network of this structure. */
export function networkRules(family: Family, structure: Structure): TileRules {
  return networkOf(family, structure).rules;
}

/** The means over the whole picture within a network of this structure, in order of use. */
export function networkPools(family: Family, structure: Structure): readonly PoolingPoint[] {
  return networkOf(family, structure).pools;
}

/**
 * The table under the names that `recognise` and `buildGraph` know: without the prefixes that training
 * programs put before every name, and with a family's older names replaced by its canonical ones.
 */
export function canonical(table: TensorTable): TensorTable {
  const plain = withoutPrefixes(table);
  for (const architecture of architectures) {
    const renamed = architecture.rename(plain);
    if (renamed) return renamed;
  }
  return plain;
}

/** Output pixels for one input pixel, per side; null for a structure that the family does not know. */
export function networkScale(family: Family, structure: Structure): number | null {
  const known = architectures.find((architecture) => architecture.family === family);
  return known?.network(structure)?.scale ?? null;
}

/** What one input pixel costs a network of this structure. */
export function networkCost(family: Family, structure: Structure): Cost {
  return networkOf(family, structure).cost;
}

/** Names the weights of an ncnn network as its family does; null when no family knows such layers. */
export const ncnnNames: Entry['ncnnNames'] = (layers) => {
  for (const { ncnnNames: namesOf } of architectures) {
    const names = namesOf(layers);
    if (names) return names;
  }
  return null;
};

function networkOf(family: Family, structure: Structure): Network {
  const network = architectures.find((known) => known.family === family)?.network(structure);
  invariant(network, `The ${family} structure ${JSON.stringify(structure)} is not complete`);
  return network;
}
