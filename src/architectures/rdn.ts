/**
 * Residual dense network (Zhang et al., "Residual Dense Network for Image Super-Resolution", CVPR 2018) as
 * idealo's image-super-resolution builds it, with that project's layer names: dense blocks whose outputs are
 * fused together, and at the end a nearest enlargement of the last features before one convolution.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type RdnStructure = {
  /** Channels between blocks (G0 in the paper). */
  readonly features: number;
  /** Channels that each dense convolution adds (G). */
  readonly growth: number;
  /** Residual dense blocks (D). */
  readonly blocks: number;
  /** Dense convolutions in a block (C). */
  readonly layers: number;
  readonly scale: number;
};

const upscaleKernel = 5;
const upscaleFeatures = [64, 32] as const;

export const rdn: Architecture<RdnStructure> = {
  family: 'rdn',

  structure(table: TensorTable): RdnStructure | null {
    const features = shapeOf(table, 'F_m1.weight', 4)?.[0];
    const growth = shapeOf(table, 'F_1_1.weight', 4)?.[0];
    if (features === undefined || growth === undefined) return null;
    let blocks = 1;
    while (shapeOf(table, `F_${blocks + 1}_1.weight`, 4)) blocks++;
    let layers = 1;
    while (shapeOf(table, `F_1_${layers + 1}.weight`, 4)) layers++;
    const scale = Math.sqrt((shapeOf(table, 'UPN3.weight', 4)?.[0] ?? 0) / 3);
    return Number.isInteger(scale) && scale >= 1 ? { features, growth, blocks, layers, scale } : null;
  },

  parse: (given) => numbers(given, ['features', 'growth', 'blocks', 'layers', 'scale']),

  scale: ({ scale }) => scale,

  rules: () => ({ context: 16, blend: 8, multiple: 1 }),

  tensors({ features, growth, blocks, layers, scale }: RdnStructure): TensorSpec[] {
    const specs = [...convolutionSpecs('F_m1', features, 3), ...convolutionSpecs('F_0', features, features)];
    for (let block = 1; block <= blocks; block++) {
      for (let layer = 1; layer <= layers; layer++) {
        specs.push(...convolutionSpecs(`F_${block}_${layer}`, growth, features + (layer - 1) * growth));
      }
      specs.push(...convolutionSpecs(`LFF_${block}`, features, features + layers * growth, 1));
    }
    const [first, second] = upscaleFeatures;
    const last = 3 * scale * scale;
    return [
      ...specs,
      ...convolutionSpecs('GFF_1', features, blocks * features, 1),
      ...convolutionSpecs('GFF_2', features, features),
      ...convolutionSpecs('UPN1', first, features, upscaleKernel),
      ...convolutionSpecs('UPN2', second, first),
      ...convolutionSpecs('UPN3', last, second),
      ...convolutionSpecs('SR', 3, last),
    ];
  },

  graph(builder: GraphBuilder, { blocks, layers, scale }: RdnStructure, input: string): string {
    const relu = (value: string): string => builder.node('Relu', [value]);
    const first = builder.convolution(builder.intoCompute(input), 'F_m1');
    let value = builder.convolution(first, 'F_0');
    const fused: string[] = [];
    for (let block = 1; block <= blocks; block++) {
      let dense = value;
      for (let layer = 1; layer <= layers; layer++) {
        dense = builder.concat([dense, relu(builder.convolution(dense, `F_${block}_${layer}`))]);
      }
      value = builder.node('Add', [builder.convolution(dense, `LFF_${block}`), value]);
      fused.push(value);
    }
    value = builder.convolution(builder.convolution(builder.concat(fused), 'GFF_1'), 'GFF_2');
    value = builder.node('Add', [value, first]);
    value = relu(builder.convolution(value, 'UPN1'));
    value = relu(builder.convolution(value, 'UPN2'));
    // The last two make the pixels themselves: their sums need more than half precision.
    value = builder.convolution(builder.outOfCompute(value), 'UPN3', 'f32');
    return builder.convolution(builder.nearest(value, scale), 'SR', 'f32');
  },

  cost(structure: RdnStructure): Cost {
    const { features, growth, blocks, layers, scale } = structure;
    const area = scale * scale;
    const dense = features + layers * growth;
    return {
      flopsPerPixel: convolutionFlops(rdn.tensors(structure), (name) => (name === 'SR.weight' ? area : 1)),
      // Every block's output lives until all are joined; the joined copy (with a reordered one), the last dense
      // block, or what comes at output size is on top.
      bytesPerPixel:
        4 * ((blocks + 1) * features + Math.max(2 * blocks * features, 2 * dense, 3 * area * (area + 2))),
      bindingPerPixel: 4 * Math.max(blocks * features, dense, 3 * area * area),
    };
  },
};
