/**
 * SRVGGNetCompact of Real-ESRGAN (Wang et al., "Real-ESRGAN: Training Real-World Blind Super-Resolution with
 * Pure Synthetic Data", ICCVW 2021): a plain chain of 3x3 convolutions with PReLU at input size, a pixel
 * shuffle, and the enlarged input added.
 */

import type { NcnnLayer } from '../formats/ncnn/network.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { fromChannels, intoChannels } from './ops/picture-channels.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type SrvggStructure = {
  readonly features: number;
  /** Convolutions between the first and the last. */
  readonly convs: number;
  readonly scale: number;
  /** Of the picture: 1 or 3; 3 unless told otherwise. */
  readonly channels?: number;
};

export const srvgg: Architecture<SrvggStructure> = {
  family: 'srvgg',

  structure(table: TensorTable): SrvggStructure | null {
    const [features, channels] = shapeOf(table, 'body.0.weight', 4) ?? [];
    // Other activations than PReLU leave no trace in the file: there is nothing to tell them by.
    if (features === undefined || channels === undefined || !shapeOf(table, 'body.1.weight', 1)) return null;
    let last = 2;
    while (shapeOf(table, `body.${last + 2}.weight`, 4)) last += 2;
    const scale = Math.sqrt((shapeOf(table, `body.${last}.weight`, 4)?.[0] ?? 0) / channels);
    return srvgg.parse({ features, convs: last / 2 - 1, scale, channels });
  },

  parse(given: Structure): SrvggStructure | null {
    const base = numbers(given, ['features', 'convs', 'scale']);
    const channels = given['channels'] ?? 3;
    if (channels === 3) return base;
    return base && channels === 1 ? { ...base, channels } : null;
  },

  scale: ({ scale }) => scale,

  // One pixel a convolution; what lies further than 24 of them no longer shows (docs/models.md).
  rules: ({ convs }) => ({ context: Math.min(24, convs + 2), blend: 8, multiple: 1 }),

  tensors({ features, convs, scale, channels = 3 }: SrvggStructure): TensorSpec[] {
    const specs: TensorSpec[] = [];
    for (let index = 0; index <= convs; index++) {
      specs.push(...convolutionSpecs(`body.${2 * index}`, features, index === 0 ? channels : features));
      specs.push({ name: `body.${2 * index + 1}.weight`, shape: [features] });
    }
    return [...specs, ...convolutionSpecs(`body.${2 * convs + 2}`, channels * scale * scale, features)];
  },

  graph(
    builder: GraphBuilder,
    { features, convs, scale, channels = 3 }: SrvggStructure,
    input: string,
  ): string {
    const picture = intoChannels(builder, input, channels);
    let value = builder.intoCompute(picture);
    for (let index = 0; index <= convs; index++) {
      value = builder.convolution(value, `body.${2 * index}`);
      // A slope a channel, which must broadcast over height and width.
      value = builder.node('PRelu', [
        value,
        builder.weight(`body.${2 * index + 1}.weight`, [features, 1, 1]),
      ]);
    }
    value = builder.convolution(value, `body.${2 * convs + 2}`);
    let base = picture;
    if (scale > 1) {
      value = builder.node('DepthToSpace', [value], { blocksize: { int: scale }, mode: { string: 'CRD' } });
      base = builder.nearest(picture, scale);
    }
    // The ends stay in fp32: the picture itself is not rounded to half precision.
    return fromChannels(builder, builder.node('Add', [builder.outOfCompute(value), base]), channels);
  },

  cost(structure: SrvggStructure): Cost {
    const { features, scale, channels = 3 } = structure;
    const output = channels * scale * scale;
    const planes = channels === 1 ? 3 : 1;
    return {
      flopsPerPixel: planes * convolutionFlops(srvgg.tensors(structure), () => 1),
      // Two feature maps and their activation, or the last map, its shuffle, the enlarged input and their sum.
      bytesPerPixel: 4 * planes * Math.max(3 * features, 2 * features + 4 * output),
      bindingPerPixel: 4 * planes * Math.max(features, output),
    };
  },

  ncnnNames(layers: readonly NcnnLayer[]): readonly string[] | null {
    const chain = layers.filter(({ weights }) => weights.length > 0);
    const alternates = chain.every(({ type }, index) => type === (index % 2 === 0 ? 'Convolution' : 'PReLU'));
    if (!alternates || chain.length < 5 || !layers.some(({ type }) => type === 'PixelShuffle')) return null;
    return chain.map((_, index) => `body.${index}`);
  },
};
