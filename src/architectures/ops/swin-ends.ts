/**
 * The ends of SwinIR and its kin, which make pixels from features: `restore` adds to the picture, `shuffle` enlarges features step by
 * step, `direct` makes all output pixels at once, `nearest` repeats features and convolves them, `auxiliary` makes a picture of the
 * input's size first and shuffles from that, beside the picture enlarged by a bicubic filter.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs, shapeOf } from '../common.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { shuffled } from './dysample.ts';
import { upsamplers } from './residual-groups.ts';

/** As numbers, since they are part of a structure. */
export const endings = { restore: 1, shuffle: 2, direct: 3, nearest: 4, auxiliary: 5 } as const;

export interface EndForm {
  readonly features: number;
  /** One of `endings`. */
  readonly ending: number;
  /** How much larger the end makes its map. */
  readonly grow: number;
  /** Channels of the end's own layers; 0 when it has none. */
  readonly end: number;
  /** Of the picture. */
  readonly channels: number;
}

const beforeSlope = 0.01;
const nearestSlope = 0.2;
/** PyTorch's bicubic filter. */
const cubicSharpness = -0.75;

/** The end as a table tells it; `inputs` are the channels of a picture that no last convolution tells. Null for another end. */
export function endOf(table: TensorTable, inputs: number): Omit<EndForm, 'features'> | null {
  const channels = shapeOf(table, 'conv_last.weight', 4)?.[0] ?? inputs;
  const end = shapeOf(table, 'conv_before_upsample.0.weight', 4)?.[0] ?? 0;
  const first = shapeOf(table, 'upsample.0.weight', 4)?.[0];
  if (end === 0) {
    if (first === undefined) return { ending: endings.restore, grow: 1, end, channels };
    return { ending: endings.direct, grow: Math.sqrt(first / channels), end, channels };
  }
  const shuffling = table.tensors.has('conv_aux.weight') ? endings.auxiliary : endings.shuffle;
  let grow = 1;
  if (table.tensors.has('conv_up1.weight')) {
    for (let layer = 1; table.tensors.has(`conv_up${layer}.weight`); layer++) grow *= 2;
    return { ending: endings.nearest, grow, end, channels };
  }
  for (let layer = 0; ; layer += 2) {
    const outputs = shapeOf(table, `upsample.${layer}.weight`, 4)?.[0];
    if (outputs === undefined) return { ending: shuffling, grow, end, channels };
    grow *= Math.sqrt(outputs / end);
  }
}

export function endSpecs({ features, ending, grow, end, channels }: EndForm): TensorSpec[] {
  if (ending === endings.restore) return convolutionSpecs('conv_last', channels, features);
  if (ending === endings.direct) return convolutionSpecs('upsample.0', channels * grow * grow, features);
  const inner =
    ending === endings.nearest
      ? [...upNames(grow), 'conv_hr'].flatMap((name) => convolutionSpecs(name, end, end))
      : upsamplers(grow).flatMap((factor, layer) =>
          convolutionSpecs(`upsample.${2 * layer}`, end * factor * factor, end),
        );
  const auxiliary =
    ending === endings.auxiliary
      ? [
          ...convolutionSpecs('conv_bicubic', end, channels),
          ...convolutionSpecs('conv_aux', channels, end),
          ...convolutionSpecs('conv_after_aux.0', end, channels),
        ]
      : [];
  return [
    ...convolutionSpecs('conv_before_upsample.0', end, features),
    ...auxiliary,
    ...inner,
    ...convolutionSpecs('conv_last', channels, end),
  ];
}

/** Pixels that a layer of the end computes for one of its map. */
export function endArea(name: string, { ending, grow }: EndForm): number {
  if (/^conv_(last|hr|bicubic)\./.test(name)) return grow * grow;
  const up = /^conv_up(\d+)\./.exec(name)?.[1];
  if (up !== undefined) return 4 ** Number(up);
  const layer = /^upsample\.(\d+)\./.exec(name)?.[1];
  if (layer === undefined || ending === endings.direct) return 1;
  return upsamplers(grow)
    .slice(0, Number(layer) / 2)
    .reduce((area, factor) => area * factor * factor, 1);
}

/** From features to pixels, in fp32. `picture` is what the network was given, in fp32. */
export function endGraph(
  builder: GraphBuilder,
  { ending, grow }: EndForm,
  features: string,
  picture: string,
): string {
  if (ending === endings.restore) return builder.lastConvolution(features, 'conv_last');
  if (ending === endings.direct)
    return shuffled(builder, builder.lastConvolution(features, 'upsample.0'), grow);
  let value = builder.leakyRelu(builder.convolution(features, 'conv_before_upsample.0'), beforeSlope);
  const sharp = (name: string): string => builder.leakyRelu(builder.convolution(value, name), nearestSlope);
  if (ending === endings.nearest) {
    for (const name of upNames(grow)) {
      value = builder.nearest(value, 2);
      value = sharp(name);
    }
    value = sharp('conv_hr');
  } else {
    if (ending === endings.auxiliary) {
      value = builder.convolution(builder.convolution(value, 'conv_aux'), 'conv_after_aux.0');
      value = builder.leakyRelu(value, beforeSlope);
    }
    upsamplers(grow).forEach((factor, layer) => {
      value = shuffled(builder, builder.convolution(value, `upsample.${2 * layer}`), factor);
    });
    if (ending === endings.auxiliary) {
      const enlarged = builder.intoCompute(bicubic(builder, picture, grow));
      value = builder.node('Add', [value, builder.convolution(enlarged, 'conv_bicubic')]);
    }
  }
  return builder.lastConvolution(value, 'conv_last');
}

function bicubic(builder: GraphBuilder, picture: string, factor: number): string {
  return builder.node('Resize', [picture, '', builder.floats([1, 1, factor, factor])], {
    mode: { string: 'cubic' },
    cubic_coeff_a: { float: cubicSharpness },
    coordinate_transformation_mode: { string: 'half_pixel' },
  });
}

function upNames(grow: number): string[] {
  return Array.from({ length: Math.log2(grow) }, (_, index) => `conv_up${index + 1}`);
}
