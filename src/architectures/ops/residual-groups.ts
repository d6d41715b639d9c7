/**
 * What DAT, RGT and ATD have around their blocks: colours around a mean, groups of blocks that end in a convolution and add to what
 * went in, and an end that makes the pixels with or without layers of its own.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs, shapeOf } from '../common.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { channelsFirst, channelsLast, norm, normSpecs } from './channels-last.ts';
import { shuffled } from './dysample.ts';

export interface GroupsForm {
  readonly features: number;
  /** Blocks of each group. */
  readonly depths: readonly number[];
  readonly scale: number;
  /** Channels of the end's own layers; 0 when the pixels come straight from the features. */
  readonly end: number;
  /** 1 when three narrow convolutions stand for one at the end of each group. */
  readonly narrow: number;
  /** 1 when colours are taken as they are, and not around the mean. */
  readonly meanless?: number;
}

export interface GroupsNames {
  /** The norm before the first group. */
  readonly entry: string;
  block(group: number, block: number): string;
}

/** As DAT and RGT name them. */
const plainNames: GroupsNames = { entry: 'before_RG.1', block: blockName };

/** DIV2K's mean colour, which the networks were trained around. */
const mean = [0.4488, 0.4371, 0.404];
const narrowSlope = 0.2;
const endSlope = 0.01;

/** The form as a table's names and shapes tell it; null when the picture is not RGB or something is missing. */
export function groupsOf(table: TensorTable, names = plainNames): GroupsForm | null {
  const [features, channels] = shapeOf(table, 'conv_first.weight', 4) ?? [];
  const straight = !table.tensors.has('conv_last.weight');
  const end = straight ? 0 : shapeOf(table, 'conv_before_upsample.0.weight', 4)?.[0];
  if (features === undefined || channels !== 3 || end === undefined) return null;
  const depths: number[] = [];
  for (let blocks = blocksOf(table, names, 0); blocks > 0; blocks = blocksOf(table, names, depths.length))
    depths.push(blocks);
  let scale = 1;
  for (let layer = 0; ; layer += 2) {
    const [outputs, inputs = 1] = shapeOf(table, `upsample.${layer}.weight`, 4) ?? [];
    if (outputs === undefined) break;
    scale *= Math.sqrt(outputs / (straight ? 3 : inputs));
  }
  const narrow = table.tensors.has('conv_after_body.0.weight') ? 1 : 0;
  return { features, depths, scale, end, narrow };
}

function blocksOf(table: TensorTable, names: GroupsNames, group: number): number {
  let blocks = 0;
  while (table.tensors.has(`${names.block(group, blocks)}.norm1.weight`)) blocks++;
  return blocks;
}

export function blockName(group: number, block: number): string {
  return `layers.${group}.blocks.${block}`;
}

export function groupsSpecs(
  { features, depths, scale, end, narrow }: GroupsForm,
  block: (name: string, group: number, index: number) => readonly TensorSpec[],
  names = plainNames,
): TensorSpec[] {
  const specs = [...convolutionSpecs('conv_first', features, 3), ...normSpecs(names.entry, features)];
  depths.forEach((depth, group) => {
    for (let index = 0; index < depth; index++) specs.push(...block(names.block(group, index), group, index));
    specs.push(...groupEndSpecs(`layers.${group}.conv`, features, narrow));
  });
  specs.push(...normSpecs('norm', features), ...groupEndSpecs('conv_after_body', features, narrow));
  if (end === 0) return [...specs, ...convolutionSpecs('upsample.0', 3 * scale * scale, features)];
  return [
    ...specs,
    ...convolutionSpecs('conv_before_upsample.0', end, features),
    ...upsamplers(scale).flatMap((factor, layer) =>
      convolutionSpecs(`upsample.${2 * layer}`, end * factor * factor, end),
    ),
    ...convolutionSpecs('conv_last', 3, end),
  ];
}

/** How many pixels a layer computes for one of the picture. */
export function groupsArea(name: string, { scale, end }: GroupsForm): number {
  if (end === 0) return 1;
  if (name.startsWith('conv_last')) return scale * scale;
  const layer = /^upsample\.(\d+)\./.exec(name)?.[1];
  if (layer === undefined) return 1;
  return upsamplers(scale)
    .slice(0, Number(layer) / 2)
    .reduce((area, factor) => area * factor * factor, 1);
}

/** The whole network; `block` takes and makes [1, h, w, features]. */
export function groupsGraph(
  builder: GraphBuilder,
  { depths, scale, end, narrow, meanless }: GroupsForm,
  input: string,
  block: (value: string, name: string, group: number, index: number) => string,
  names = plainNames,
): string {
  const middle = builder.node('Reshape', [builder.floats(mean), builder.integers([1, 3, 1, 1])]);
  const around = meanless ? input : builder.node('Sub', [input, middle]);
  const first = builder.convolution(builder.intoCompute(around), 'conv_first');
  let value = norm(builder, channelsLast(builder, first), names.entry);
  depths.forEach((depth, group) => {
    let inner = value;
    for (let index = 0; index < depth; index++) inner = block(inner, names.block(group, index), group, index);
    inner = groupEnd(builder, channelsFirst(builder, inner), `layers.${group}.conv`, narrow);
    value = builder.node('Add', [value, channelsLast(builder, inner)]);
  });
  value = channelsFirst(builder, norm(builder, value, 'norm'));
  value = builder.node('Add', [groupEnd(builder, value, 'conv_after_body', narrow), first]);
  if (end === 0) {
    value = shuffled(builder, builder.lastConvolution(value, 'upsample.0'), scale);
  } else {
    value = builder.leakyRelu(builder.convolution(value, 'conv_before_upsample.0'), endSlope);
    upsamplers(scale).forEach((factor, layer) => {
      value = shuffled(builder, builder.convolution(value, `upsample.${2 * layer}`), factor);
    });
    value = builder.lastConvolution(value, 'conv_last');
  }
  return meanless ? value : builder.node('Add', [value, middle]);
}

/** A scale of 3 in one step, the others by 2 as often as needed. */
export function upsamplers(scale: number): number[] {
  return scale === 3 ? [3] : Array.from({ length: Math.log2(scale) }, () => 2);
}

export function groupEndSpecs(name: string, features: number, narrow: number): TensorSpec[] {
  if (!narrow) return convolutionSpecs(name, features, features);
  const width = Math.floor(features / 4);
  return [
    ...convolutionSpecs(`${name}.0`, width, features),
    ...convolutionSpecs(`${name}.2`, width, width, 1),
    ...convolutionSpecs(`${name}.4`, features, width),
  ];
}

export function groupEnd(builder: GraphBuilder, value: string, name: string, narrow: number): string {
  if (!narrow) return builder.convolution(value, name);
  const first = builder.leakyRelu(builder.convolution(value, `${name}.0`), narrowSlope);
  const second = builder.leakyRelu(builder.convolution(first, `${name}.2`), narrowSlope);
  return builder.convolution(second, `${name}.4`);
}
