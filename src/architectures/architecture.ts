/** What a network family must tell of itself. A new family is one file with one of these, and a line in the registry. */

import type { NcnnLayer } from '../formats/ncnn/network.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { TileRules } from '../tiles/rules.ts';
import type { Family } from './family.ts';
import type { GraphBuilder } from './graph-builder.ts';

/** The numbers, and lists of numbers, that fix a network's shape. */
export type Structure = Readonly<Record<string, number | readonly number[]>>;

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What one input pixel costs. Bytes in fp32. */
export interface Cost {
  readonly flopsPerPixel: number;
  /** All that lives at once at the worst moment of a run, weights aside (an upper estimate). */
  readonly bytesPerPixel: number;
  /** The largest single tensor. */
  readonly bindingPerPixel: number;
}

/**
 * A mean over the whole picture that a network computes within (`GraphBuilder.mean`). The map that it is of has `rate`
 * times the picture's height (a multiple of the tile rules') and `extra` rows, and columns likewise.
 */
export interface PoolingPoint {
  readonly channels: number;
  readonly rate: number;
  readonly extra: number;
}

export interface Architecture<S extends Structure = Structure> {
  readonly family: Family;
  /** The same tensors under this family's canonical names, where a file may use other ones; null for another family. */
  rename?(table: TensorTable): TensorTable | null;
  /** Tensors that files of this family may hold and the network does not need (index buffers, masks). */
  ignores?(name: string): boolean;
  /** The structure that a table's names and shapes tell, or null when this is another family. */
  structure(table: TensorTable): S | null;
  /** The same from plain numbers, e.g. of a model card; null when one is missing. */
  parse(numbers: Structure): S | null;
  scale(structure: S): number;
  /** What its tiles must keep to; the context is measured (docs/models.md). */
  rules(structure: S): TileRules;
  /** Every tensor that the network has, in its order of use. */
  tensors(structure: S): readonly TensorSpec[];
  /** Emits the network; `input` is NCHW RGB in fp32; returns the output's name, fp32 too. */
  graph(builder: GraphBuilder, structure: S, input: string): string;
  cost(structure: S): Cost;
  /** Its means over the whole picture in order of use, if it has any that tiles must share. */
  pools?(structure: S): readonly PoolingPoint[];
  /** Canonical names for the weights of an ncnn network of this family, in layer order; null for another. */
  ncnnNames?(layers: readonly NcnnLayer[]): readonly string[] | null;
}
