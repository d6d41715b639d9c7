/** What fixes the shape of an autoencoder and what its two halves share. */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { flags, isSizes, numbers, shapeOf } from '../common.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import {
  type Feature,
  isWidths,
  mapAttention,
  mapAttentionSpecs,
  residual,
  residualSpecs,
} from './vae-blocks.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type VaeStructure = {
  /** Of the levels, the picture's own first; each further one halves its sides. */
  readonly widths: readonly number[];
  /** Residual blocks of each level. */
  readonly layers: number;
  /** Channels of the latent. */
  readonly latent: number;
  /** 1 when there is a 1x1 convolution on the latent's side. */
  readonly quant: 0 | 1;
  /** 1 when the deepest level's pixels attend to each other. */
  readonly attention: 0 | 1;
};

/** Of every normalisation in an autoencoder. */
export const epsilon = 1e-6;

/** How many pixels of a picture's side one of the latent stands for. */
export function vaeReduction({ widths }: { readonly widths: readonly number[] }): number {
  return 2 ** (widths.length - 1);
}

/** Two residual blocks, and an attention between them. */
export function middleSpecs(name: string, width: number, structure: VaeStructure): TensorSpec[] {
  return [
    ...residualSpecs(`${name}.resnets.0`, width, width),
    ...(structure.attention ? mapAttentionSpecs(`${name}.attentions.0`, width) : []),
    ...residualSpecs(`${name}.resnets.1`, width, width),
  ];
}

/** The middle of either half, at the coarsest level: two residual blocks, attention over all places between them where it has that; its shape stays. */
export function middle(builder: GraphBuilder, map: Feature, name: string, structure: VaeStructure): Feature {
  const { channels } = map;
  const first = residual(builder, map, `${name}.resnets.0`, channels, { epsilon });
  const seen = structure.attention
    ? mapAttention(builder, first, `${name}.attentions.0`, { heads: 1, epsilon })
    : first;
  return residual(builder, seen, `${name}.resnets.1`, channels, { epsilon });
}

/** What both halves tell in the same way; `level`: the name of a level, the picture's own first. */
export function readLevels(
  table: TensorTable,
  half: string,
  level: (index: number) => string,
): { widths: number[]; layers: number; attention: 0 | 1 } {
  const widths: number[] = [];
  for (;;) {
    const width = shapeOf(table, `${level(widths.length)}.resnets.0.conv1.weight`, 4)?.[0];
    if (width === undefined) break;
    widths.push(width);
  }
  const layers = count((index) => table.tensors.has(`${level(0)}.resnets.${index}.conv1.weight`));
  const attends = `${half}.mid_block.attentions.0.`;
  const attention = [...table.tensors.keys()].some((name) => name.startsWith(attends)) ? 1 : 0;
  return { widths, layers, attention };
}

/** How many there are, counted from index 0 to the first that is missing. */
export function count(has: (index: number) => boolean): number {
  let index = 0;
  while (has(index)) index++;
  return index;
}

/** A structure from plain data; null where it is none of a VAE's. */
export function parseVae(given: Structure): VaeStructure | null {
  const base = numbers(given, ['layers', 'latent']);
  const told = flags(given, ['quant', 'attention']);
  const widths = given['widths'];
  if (!base || !told || !isSizes(widths) || !isWidths(widths)) return null;
  return { widths, ...base, ...told };
}
