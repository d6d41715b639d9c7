/**
 * RRDBNet: residual-in-residual dense blocks (Wang et al., "ESRGAN: Enhanced Super-Resolution Generative
 * Adversarial Networks", ECCVW 2018), with the tensor names of Real-ESRGAN and BasicSR. Two nearest
 * enlargements by two, each followed by a convolution, make the scale of 4.
 */

import type { NcnnLayer } from '../formats/ncnn/network.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type EsrganStructure = {
  readonly features: number;
  /** Channels that each dense convolution adds. */
  readonly growth: number;
  /** Residual-in-residual dense blocks. */
  readonly blocks: number;
};

const scale = 4;
const denseBlocks = 3;
const denseConvs = 5;
const slope = 0.2;
const residualFactor = 0.2;
const tail = ['conv_body', 'conv_up1', 'conv_up2', 'conv_hr', 'conv_last'];

export const esrgan: Architecture<EsrganStructure> = {
  family: 'esrgan',

  structure(table: TensorTable): EsrganStructure | null {
    const [features, inputs] = shapeOf(table, 'conv_first.weight', 4) ?? [];
    const growth = shapeOf(table, 'body.0.rdb1.conv1.weight', 4)?.[0];
    // With 12 or 48 inputs it is the 2x or 1x variant, which folds pixels into channels first.
    if (features === undefined || growth === undefined || inputs !== 3) return null;
    let blocks = 1;
    while (shapeOf(table, `body.${blocks}.rdb1.conv1.weight`, 4)) blocks++;
    return { features, growth, blocks };
  },

  parse: (given) => numbers(given, ['features', 'growth', 'blocks']),

  scale: () => scale,

  // It sees hundreds of pixels; these keep the mean difference under 1/255 (docs/models.md).
  rules: ({ blocks }) => ({ context: blocks > 12 ? 40 : 32, blend: 16, multiple: 1 }),

  tensors({ features, growth, blocks }: EsrganStructure): TensorSpec[] {
    const specs = convolutionSpecs('conv_first', features, 3);
    for (let block = 0; block < blocks; block++) {
      for (let dense = 1; dense <= denseBlocks; dense++) {
        for (let conv = 1; conv <= denseConvs; conv++) {
          const outputs = conv === denseConvs ? features : growth;
          const name = `body.${block}.rdb${dense}.conv${conv}`;
          specs.push(...convolutionSpecs(name, outputs, features + (conv - 1) * growth));
        }
      }
    }
    for (const name of tail)
      specs.push(...convolutionSpecs(name, name === 'conv_last' ? 3 : features, features));
    return specs;
  },

  graph(builder: GraphBuilder, { blocks }: EsrganStructure, input: string): string {
    const first = builder.convolution(builder.intoCompute(input), 'conv_first');
    let value = first;
    for (let block = 0; block < blocks; block++) {
      let inner = value;
      for (let dense = 1; dense <= denseBlocks; dense++) {
        inner = denseBlock(builder, inner, `body.${block}.rdb${dense}`);
      }
      value = scaledSum(builder, inner, value);
    }
    value = builder.node('Add', [first, builder.convolution(value, 'conv_body')]);
    for (const name of ['conv_up1', 'conv_up2']) {
      value = builder.leakyRelu(builder.convolution(builder.nearest(value, 2), name), slope);
    }
    value = builder.leakyRelu(builder.convolution(value, 'conv_hr'), slope);
    return builder.lastConvolution(value, 'conv_last');
  },

  cost(structure: EsrganStructure): Cost {
    const { features } = structure;
    const area = scale * scale;
    const areas: Readonly<Record<string, number>> = {
      'conv_up1.weight': area / 4,
      'conv_up2.weight': area,
      'conv_hr.weight': area,
      'conv_last.weight': area,
    };
    return {
      flopsPerPixel: convolutionFlops(esrgan.tensors(structure), (name) => areas[name] ?? 1),
      // The last convolutions at output size: what goes in, what comes out, its activation, and a reordered copy.
      bytesPerPixel: 4 * 4 * area * features,
      bindingPerPixel: 4 * area * features,
    };
  },

  ncnnNames(layers: readonly NcnnLayer[]): readonly string[] | null {
    const weighty = layers.filter(({ weights }) => weights.length > 0);
    const blocks = (weighty.length - 1 - tail.length) / (denseBlocks * denseConvs);
    const fits =
      Number.isInteger(blocks) && blocks > 0 && weighty.every(({ type }) => type === 'Convolution');
    if (!fits || !layers.some(({ type }) => type === 'Eltwise')) return null;
    const weights = esrgan
      .tensors({ features: 1, growth: 1, blocks })
      .filter(({ shape }) => shape.length === 4);
    return weights.map(({ name }) => name.slice(0, -'.weight'.length));
  },
};

/** Each convolution sees the block's input and everything that was made of it so far. */
function denseBlock(builder: GraphBuilder, input: string, name: string): string {
  const seen = [input];
  for (let conv = 1; conv < denseConvs; conv++) {
    const value = builder.convolution(concat(builder, seen), `${name}.conv${conv}`);
    seen.push(builder.leakyRelu(value, slope));
  }
  return scaledSum(builder, builder.convolution(concat(builder, seen), `${name}.conv${denseConvs}`), input);
}

function concat(builder: GraphBuilder, values: readonly string[]): string {
  const [only, ...others] = values;
  return only !== undefined && others.length === 0 ? only : builder.concat(values);
}

function scaledSum(builder: GraphBuilder, change: string, base: string): string {
  return builder.node('Add', [builder.node('Mul', [change, builder.number(residualFactor)]), base]);
}
