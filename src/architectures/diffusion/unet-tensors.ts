/** The tensors of a conditional UNet's blocks under diffusers' names, and the widths that its maps have on their way. */

import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs } from '../common.ts';
import { linearSpecs } from '../ops/channels-last.ts';
import { normalSpecs } from './layers.ts';
import type { UnetDownStructure, UnetStructure } from './unet-structure.ts';

/** A level of the way down or up. */
export interface Level {
  readonly name: string;
  readonly width: number;
  readonly layers: number;
  readonly depth: number;
  readonly heads: number;
  /** Whether the map is halved, or doubled, at its end. */
  readonly resamples: boolean;
}

/** A map that the way down hands to the way up. */
export interface Skip {
  readonly channels: number;
  /** How often it was halved. */
  readonly level: number;
}

/** The levels of the way down, the finest first; all but the last halve the map. */
export function downLevels({ widths, layers, depths, heads }: UnetDownStructure): Level[] {
  return widths.map((width, level) => ({
    name: `down_blocks.${level}`,
    width,
    layers: layers[level] ?? 0,
    depth: depths[level] ?? 0,
    heads: heads[level] ?? 1,
    resamples: level < widths.length - 1,
  }));
}

/** The levels of the way up, the coarsest first; all but the last double the map. */
export function upLevels({ widths, heads, upLayers, upDepths }: UnetStructure): Level[] {
  const coarsest = widths.length - 1;
  return widths.toReversed().map((width, index) => ({
    name: `up_blocks.${index}`,
    width,
    layers: upLayers[index] ?? 0,
    depth: upDepths[index] ?? 0,
    heads: heads[coarsest - index] ?? 1,
    resamples: index < coarsest,
  }));
}

/** Every map that the way up is given, in the order in which they are made. */
export function skipsOf(structure: UnetDownStructure): Skip[] {
  const skips = [{ channels: structure.widths[0] ?? 0, level: 0 }];
  downLevels(structure).forEach(({ width, layers, resamples }, level) => {
    for (let layer = 0; layer < layers; layer++) skips.push({ channels: width, level });
    if (resamples) skips.push({ channels: width, level: level + 1 });
  });
  return skips;
}

/** Everything up to the coarsest map and with the middle. */
export function downSpecs(structure: UnetDownStructure): TensorSpec[] {
  const { channels, widths, middleLayers, middleDepth, embedding, condition } = structure;
  const [first = 0, last = 0] = [widths[0], widths.at(-1)];
  const specs = [
    ...convolutionSpecs('conv_in', first, channels),
    ...linearSpecs('time_embedding.linear_1', embedding, first),
    ...(condition > 0 ? linearSpecs('time_embedding.cond_proj', first, condition, false) : []),
    ...linearSpecs('time_embedding.linear_2', embedding, embedding),
  ];
  let inputs = first;
  for (const { name, width, layers, depth, resamples } of downLevels(structure)) {
    for (let layer = 0; layer < layers; layer++) {
      specs.push(...residualSpecs(`${name}.resnets.${layer}`, inputs, width, embedding));
      if (depth > 0) specs.push(...transformerSpecs(`${name}.attentions.${layer}`, width, depth, structure));
      inputs = width;
    }
    if (resamples) specs.push(...convolutionSpecs(`${name}.downsamplers.0.conv`, width, width));
  }
  for (let layer = 0; layer < middleLayers; layer++) {
    if (layer > 0 && middleDepth > 0) {
      specs.push(...transformerSpecs(`mid_block.attentions.${layer - 1}`, last, middleDepth, structure));
    }
    specs.push(...residualSpecs(`mid_block.resnets.${layer}`, last, last, embedding));
  }
  return specs;
}

/** The way up, and what makes the noise from its last map. */
export function upSpecs(structure: UnetStructure): TensorSpec[] {
  const { widths, outputs, embedding } = structure;
  const specs: TensorSpec[] = [];
  const skips = skipsOf(structure);
  let inputs = widths.at(-1) ?? 0;
  for (const { name, width, layers, depth, resamples } of upLevels(structure)) {
    for (let layer = 0; layer < layers; layer++) {
      const joined = inputs + (skips.pop()?.channels ?? 0);
      specs.push(...residualSpecs(`${name}.resnets.${layer}`, joined, width, embedding));
      if (depth > 0) specs.push(...transformerSpecs(`${name}.attentions.${layer}`, width, depth, structure));
      inputs = width;
    }
    if (resamples) specs.push(...convolutionSpecs(`${name}.upsamplers.0.conv`, width, width));
  }
  return [
    ...specs,
    ...normalSpecs('conv_norm_out', inputs),
    ...convolutionSpecs('conv_out', outputs, inputs),
  ];
}

function residualSpecs(name: string, inputs: number, width: number, embedding: number): TensorSpec[] {
  return [
    ...normalSpecs(`${name}.norm1`, inputs),
    ...convolutionSpecs(`${name}.conv1`, width, inputs),
    ...linearSpecs(`${name}.time_emb_proj`, width, embedding),
    ...normalSpecs(`${name}.norm2`, width),
    ...convolutionSpecs(`${name}.conv2`, width, width),
    ...(inputs === width ? [] : convolutionSpecs(`${name}.conv_shortcut`, width, inputs, 1)),
  ];
}

function transformerSpecs(
  name: string,
  width: number,
  depth: number,
  { context, linear }: UnetDownStructure,
): TensorSpec[] {
  const end = (path: string): TensorSpec[] =>
    linear
      ? linearSpecs(`${name}.${path}`, width, width)
      : convolutionSpecs(`${name}.${path}`, width, width, 1);
  const attention = (path: string, keys: number): TensorSpec[] => [
    ...linearSpecs(`${path}.to_q`, width, width, false),
    ...linearSpecs(`${path}.to_k`, width, keys, false),
    ...linearSpecs(`${path}.to_v`, width, keys, false),
    ...linearSpecs(`${path}.to_out.0`, width, width),
  ];
  const blocks = Array.from({ length: depth }, (_, index) => {
    const block = `${name}.transformer_blocks.${index}`;
    return [
      ...normalSpecs(`${block}.norm1`, width),
      ...attention(`${block}.attn1`, width),
      ...normalSpecs(`${block}.norm2`, width),
      ...attention(`${block}.attn2`, context),
      ...normalSpecs(`${block}.norm3`, width),
      ...linearSpecs(`${block}.ff.net.0.proj`, 2 * widening * width, width),
      ...linearSpecs(`${block}.ff.net.2`, width, widening * width),
    ];
  });
  return [...normalSpecs(`${name}.norm`, width), ...end('proj_in'), ...blocks.flat(), ...end('proj_out')];
}

/** How much wider a transformer's feed-forward layer is inside. */
export const widening = 4;
