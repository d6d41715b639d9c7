/**
 * Residual-in-residual dense network as idealo's image-super-resolution builds it, with that project's layer
 * names: the blocks of ESRGAN (Wang et al., 2018), ReLU inside, one pixel shuffle, and a last convolution over
 * the picture itself. The shuffle is TensorFlow's, with the colour last in the channels' order.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type RrdnStructure = {
  /** Channels between blocks (G0 there). */
  readonly features: number;
  /** Channels that each dense convolution adds (G). */
  readonly growth: number;
  /** Residual-in-residual blocks (T). */
  readonly blocks: number;
  /** Dense blocks in each (D). */
  readonly dense: number;
  /** Dense convolutions in each of those (C). */
  readonly layers: number;
  readonly scale: number;
};

const residualFactor = 0.2;

export const rrdn: Architecture<RrdnStructure> = {
  family: 'rrdn',

  structure(table: TensorTable): RrdnStructure | null {
    const features = shapeOf(table, 'Pre_blocks_conv.weight', 4)?.[0];
    const growth = shapeOf(table, 'F_1_1_1.weight', 4)?.[0];
    if (features === undefined || growth === undefined) return null;
    const count = (name: (index: number) => string): number => {
      let last = 1;
      while (shapeOf(table, `${name(last + 1)}.weight`, 4)) last++;
      return last;
    };
    return rrdn.parse({
      features,
      growth,
      blocks: count((index) => `F_${index}_1_1`),
      dense: count((index) => `F_1_${index}_1`),
      layers: count((index) => `F_1_1_${index}`),
      scale: Math.sqrt((shapeOf(table, 'PreShuffle.weight', 4)?.[0] ?? 0) / 3),
    });
  },

  parse: (given) => numbers(given, ['features', 'growth', 'blocks', 'dense', 'layers', 'scale']),

  scale: ({ scale }) => scale,

  // As ESRGAN's smaller networks, whose blocks these are.
  rules: () => ({ context: 32, blend: 16, multiple: 1 }),

  tensors({ features, growth, blocks, dense, layers, scale }: RrdnStructure): TensorSpec[] {
    const specs = convolutionSpecs('Pre_blocks_conv', features, 3);
    for (let block = 1; block <= blocks; block++) {
      for (let part = 1; part <= dense; part++) {
        for (let layer = 1; layer <= layers; layer++) {
          const inputs = features + (layer - 1) * growth;
          specs.push(...convolutionSpecs(`F_${block}_${part}_${layer}`, growth, inputs));
        }
        specs.push(...convolutionSpecs(`LFF_${block}_${part}`, features, features + layers * growth));
      }
    }
    return [
      ...specs,
      ...convolutionSpecs('post_blocks_conv', features, features),
      ...convolutionSpecs('PreShuffle', 3 * scale * scale, features),
      ...convolutionSpecs('SR', 3, 3),
    ];
  },

  graph(builder: GraphBuilder, { blocks, dense, layers, scale }: RrdnStructure, input: string): string {
    const factor = builder.number(residualFactor);
    const scaledSum = (change: string, base: string): string =>
      builder.node('Add', [builder.node('Mul', [change, factor]), base]);
    const first = builder.convolution(builder.intoCompute(input), 'Pre_blocks_conv');
    let value = first;
    for (let block = 1; block <= blocks; block++) {
      let inner = value;
      for (let part = 1; part <= dense; part++) {
        let seen = inner;
        for (let layer = 1; layer <= layers; layer++) {
          const more = builder.convolution(seen, `F_${block}_${part}_${layer}`);
          seen = builder.concat([seen, builder.node('Relu', [more])]);
        }
        inner = scaledSum(builder.convolution(seen, `LFF_${block}_${part}`), inner);
      }
      value = scaledSum(inner, value);
    }
    value = builder.node('Add', [builder.convolution(value, 'post_blocks_conv'), first]);
    // The last two make the pixels themselves: their sums need more than half precision.
    value = builder.convolution(builder.outOfCompute(value), 'PreShuffle', 'f32');
    if (scale > 1) {
      value = builder.node('DepthToSpace', [value], { blocksize: { int: scale }, mode: { string: 'DCR' } });
    }
    return builder.convolution(value, 'SR', 'f32');
  },

  cost(structure: RrdnStructure): Cost {
    const { features, growth, layers, scale } = structure;
    const area = scale * scale;
    const seen = features + layers * growth;
    return {
      flopsPerPixel: convolutionFlops(rrdn.tensors(structure), (name) => (name === 'SR.weight' ? area : 1)),
      // The last dense block, joined and reordered, beside the two skips; or the end at output size.
      bytesPerPixel: 4 * Math.max(2 * features + 3 * seen, features + 4 * 3 * area),
      bindingPerPixel: 4 * Math.max(seen, 3 * area),
    };
  },
};
