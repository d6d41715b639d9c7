/**
 * waifu2x's plain networks (nagadomi, 2015 and 2016; after SRCNN, Dong et al., 2014): a chain of convolutions without
 * padding. upconv_7 ends in a transposed convolution that doubles the picture, vgg_7 in one that keeps its size.
 */

import type { NcnnLayer } from '../formats/ncnn/network.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, flags, isSizes, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { convolve } from './ops/convolutions.ts';
import { active, transposed, trimmed, turnedName } from './ops/unets.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type UpconvStructure = {
  /** Channels after each convolution but the last. */
  readonly widths: readonly number[];
  readonly doubles: 0 | 1;
  /** ncnn's order in the transposed convolution. */
  readonly turned: 0 | 1;
};

const channels = 3;

/** Convolution `index`: an activation lies between two. */
const layer = (index: number): string => `net.${2 * index}`;

function lastName({ widths, doubles, turned }: UpconvStructure): string {
  const name = layer(widths.length);
  return doubles === 1 && turned === 1 ? turnedName(name) : name;
}

export const upconv: Architecture<UpconvStructure> = {
  family: 'upconv',

  structure(table: TensorTable): UpconvStructure | null {
    if (shapeOf(table, `${layer(0)}.weight`, 4)?.[1] !== channels) return null;
    const widths: number[] = [];
    for (let shape; (shape = shapeOf(table, `${layer(widths.length)}.weight`, 4));) {
      const [outputs = 0, , kernel] = shape;
      if (kernel !== 3) break;
      widths.push(outputs);
    }
    const last = layer(widths.length);
    const turned = table.tensors.has(`${turnedName(last)}.weight`) ? 1 : 0;
    const doubles = turned || table.tensors.has(`${last}.weight`) ? 1 : 0;
    if (doubles === 0) widths.pop();
    return upconv.parse({ widths, doubles, turned });
  },

  parse(given: Structure): UpconvStructure | null {
    const { widths } = given;
    const kinds = flags(given, ['doubles', 'turned']);
    return isSizes(widths) && kinds ? { widths, ...kinds } : null;
  },

  scale: ({ doubles }) => 1 + doubles,

  rules(structure) {
    const pad = padding(structure);
    return { context: pad + 1, blend: 8, multiple: 1, least: pad + 1 };
  },

  tensors(structure: UpconvStructure): TensorSpec[] {
    const { widths, doubles, turned } = structure;
    const specs = widths.flatMap((width, index) =>
      convolutionSpecs(layer(index), width, widths[index - 1] ?? channels),
    );
    const inputs = widths.at(-1) ?? 0;
    const name = lastName(structure);
    if (doubles === 0) return [...specs, ...convolutionSpecs(name, channels, inputs)];
    const shape = turned ? [channels, inputs, 4, 4] : [inputs, channels, 4, 4];
    return [...specs, { name: `${name}.weight`, shape }, { name: `${name}.bias`, shape: [channels] }];
  },

  graph(builder: GraphBuilder, structure: UpconvStructure, input: string): string {
    const pad = padding(structure);
    const sides = builder.integers([0, 0, pad, pad, 0, 0, pad, pad]);
    let value = builder.intoCompute(builder.node('Pad', [input, sides], { mode: { string: 'reflect' } }));
    for (const index of structure.widths.keys()) {
      value = active(builder, convolve(builder, value, layer(index), { kernel: 3, pad: 0 }));
    }
    const name = layer(structure.widths.length);
    if (structure.doubles === 0) return trimmed(builder, builder.lastConvolution(value, name), 1);
    const turned = structure.turned === 1;
    return builder.outOfCompute(transposed({ builder, turned }, value, name, 4, 2, 3));
  },

  cost(structure: UpconvStructure): Cost {
    const widest = structure.widths.reduce((most, width) => Math.max(most, width), 0);
    return {
      flopsPerPixel: convolutionFlops(upconv.tensors(structure), () => 1),
      // The two widest maps beside an activation.
      bytesPerPixel: 4 * 3 * widest,
      bindingPerPixel: 4 * widest,
    };
  },

  ncnnNames(layers: readonly NcnnLayer[]): readonly string[] | null {
    const weighty = layers.filter(({ weights }) => weights.length > 0);
    const plain = layers.length === weighty.length + 1 && layers[0]?.type === 'Input';
    const inner = weighty.slice(0, -1).every(({ type }) => type === 'Convolution');
    const last = weighty.at(-1)?.type;
    if (!plain || !inner || weighty.length < 3 || (last !== 'Deconvolution' && last !== 'Convolution'))
      return null;
    const names = weighty.map((_, index) => layer(index));
    return last === 'Convolution' ? names : [...names.slice(0, -1), turnedName(names.at(-1) ?? '')];
  },
};

/** Pixels that the convolutions take from every side; the transposed one takes one more. */
function padding({ widths }: UpconvStructure): number {
  return widths.length + 1;
}
