/**
 * RRDBNet: residual-in-residual dense blocks (Wang et al., "ESRGAN: Enhanced Super-Resolution Generative
 * Adversarial Networks", ECCVW 2018), with the tensor names of Real-ESRGAN and BasicSR. Nearest enlargements by
 * two, each followed by a convolution, make the scale. Pixels may be folded into channels first (Real-ESRGAN's 2x), and
 * dense blocks may have the further paths of ESRGAN+ (Rakotonirina and Rasoanaivo, ICASSP 2020).
 */

import type { NcnnLayer } from '../formats/ncnn/network.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, numbers, shapeOf } from './common.ts';
import { renameEsrgan } from './esrgan-names.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { fromChannels, intoChannels, unshuffledConvolution } from './ops/picture-channels.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type EsrganStructure = {
  readonly features: number;
  /** Channels that each dense convolution adds. */
  readonly growth: number;
  /** Residual-in-residual dense blocks. */
  readonly blocks: number;
  /** Of the whole network: 4 unless told otherwise. */
  readonly scale?: number;
  /** Side of the blocks of pixels that become channels first: 2 or 4; 1 unless told otherwise. */
  readonly unshuffle?: number;
  /** Of the picture: 1 or 3; 3 unless told otherwise. */
  readonly channels?: number;
  /** 1 with the further paths of ESRGAN+. */
  readonly plus?: number;
};

const usual = { scale: 4, unshuffle: 1, channels: 3, plus: 0 } as const;
const denseBlocks = 3;
const denseConvs = 5;
const slope = 0.2;
const residualFactor = 0.2;

type Whole = Required<EsrganStructure>;

function whole(structure: EsrganStructure): Whole {
  return { ...usual, ...structure };
}

/** Only what is not usual: the structures of the shipped catalogue stay as they were published. */
function brief({ features, growth, blocks, ...rest }: Whole): EsrganStructure {
  const told = (Object.keys(usual) as (keyof typeof usual)[]).filter((key) => rest[key] !== usual[key]);
  return { features, growth, blocks, ...Object.fromEntries(told.map((key) => [key, rest[key]])) };
}

function upNames({ scale, unshuffle }: Whole): string[] {
  return Array.from({ length: Math.log2(scale * unshuffle) }, (_, index) => `conv_up${index + 1}`);
}

export const esrgan: Architecture<EsrganStructure> = {
  family: 'esrgan',

  rename: renameEsrgan,

  structure(table: TensorTable): EsrganStructure | null {
    const [features, inputs] = shapeOf(table, 'conv_first.weight', 4) ?? [];
    const growth = shapeOf(table, 'body.0.rdb1.conv1.weight', 4)?.[0];
    if (features === undefined || growth === undefined || inputs === undefined) return null;
    const channels = inputs % 3 === 0 ? 3 : 1;
    const unshuffle = Math.sqrt(inputs / channels);
    let blocks = 1;
    while (shapeOf(table, `body.${blocks}.rdb1.conv1.weight`, 4)) blocks++;
    let ups = 0;
    while (shapeOf(table, `conv_up${ups + 1}.weight`, 4)) ups++;
    const plus = table.tensors.has('body.0.rdb1.conv1x1.weight') ? 1 : 0;
    const scale = 2 ** ups / unshuffle;
    return esrgan.parse(brief({ features, growth, blocks, scale, unshuffle, channels, plus }));
  },

  parse(given: Structure): EsrganStructure | null {
    const base = numbers(given, ['features', 'growth', 'blocks']);
    const { plus, ...rest }: Structure = { ...usual, ...given };
    const more = numbers(rest, ['scale', 'unshuffle', 'channels']);
    if (!base || !more || (plus !== 0 && plus !== 1)) return null;
    const fits =
      [1, 2, 4, 8, 16].includes(more.scale) &&
      [1, 2, 4].includes(more.unshuffle) &&
      [1, 3].includes(more.channels);
    return fits ? brief({ ...base, ...more, plus }) : null;
  },

  scale: (structure) => whole(structure).scale,

  // It sees hundreds of pixels; these keep the mean difference under 1/255 (docs/models.md).
  rules(structure) {
    const { blocks, unshuffle } = whole(structure);
    return { context: (blocks > 12 ? 40 : 32) * unshuffle, blend: 16, multiple: unshuffle };
  },

  tensors(structure: EsrganStructure): TensorSpec[] {
    const told = whole(structure);
    const { features, growth, blocks, unshuffle, channels, plus } = told;
    const specs = convolutionSpecs('conv_first', features, channels * unshuffle ** 2);
    for (let block = 0; block < blocks; block++) {
      for (let dense = 1; dense <= denseBlocks; dense++) {
        const name = `body.${block}.rdb${dense}`;
        for (let conv = 1; conv <= denseConvs; conv++) {
          const outputs = conv === denseConvs ? features : growth;
          specs.push(...convolutionSpecs(`${name}.conv${conv}`, outputs, features + (conv - 1) * growth));
        }
        if (plus) specs.push({ name: `${name}.conv1x1.weight`, shape: [growth, features, 1, 1] });
      }
    }
    for (const name of ['conv_body', ...upNames(told), 'conv_hr']) {
      specs.push(...convolutionSpecs(name, features, features));
    }
    return [...specs, ...convolutionSpecs('conv_last', channels, features)];
  },

  graph(builder: GraphBuilder, structure: EsrganStructure, input: string): string {
    const told = whole(structure);
    const { features, blocks, unshuffle, channels, plus } = told;
    const picture = builder.intoCompute(intoChannels(builder, input, channels));
    const first =
      unshuffle === 1
        ? builder.convolution(picture, 'conv_first')
        : unshuffledConvolution(builder, picture, 'conv_first', features, channels, unshuffle);
    let value = first;
    for (let block = 0; block < blocks; block++) {
      let inner = value;
      for (let dense = 1; dense <= denseBlocks; dense++) {
        inner = denseBlock(builder, inner, `body.${block}.rdb${dense}`, plus === 1);
      }
      value = scaledSum(builder, inner, value);
    }
    value = builder.node('Add', [first, builder.convolution(value, 'conv_body')]);
    for (const name of upNames(told)) {
      value = builder.leakyRelu(builder.convolution(builder.nearest(value, 2), name), slope);
    }
    value = builder.leakyRelu(builder.convolution(value, 'conv_hr'), slope);
    return fromChannels(builder, builder.lastConvolution(value, 'conv_last'), channels);
  },

  cost(structure: EsrganStructure): Cost {
    const { features, growth, scale, unshuffle, channels } = whole(structure);
    const planes = channels === 1 ? 3 : 1;
    const inside = 1 / unshuffle ** 2;
    const area = (name: string): number => {
      const up = /^conv_up(\d)/.exec(name)?.[1];
      if (up !== undefined) return inside * 4 ** Number(up);
      return name.startsWith('conv_hr') || name.startsWith('conv_last') ? scale ** 2 : inside;
    };
    const dense = inside * (features + (denseConvs - 1) * growth);
    return {
      flopsPerPixel: planes * convolutionFlops(esrgan.tensors(structure), area),
      // The last convolutions at output size: what goes in, what comes out, its activation, and a reordered copy. Or
      // a dense block's: all that was made so far, once more joined, and reordered.
      bytesPerPixel: 4 * planes * Math.max(4 * scale ** 2 * features, 3 * dense),
      bindingPerPixel: 4 * planes * Math.max(scale ** 2 * features, dense),
    };
  },

  ncnnNames(layers: readonly NcnnLayer[]): readonly string[] | null {
    const weighty = layers.filter(({ weights }) => weights.length > 0);
    const inBlock = denseBlocks * denseConvs;
    // First, body, high-resolution and last convolution; what no whole block explains are the enlargements'.
    const ups = (weighty.length - 4) % inBlock;
    const blocks = (weighty.length - 4 - ups) / inBlock;
    const fits = ups <= 4 && blocks > 0 && weighty.every(({ type }) => type === 'Convolution');
    if (!fits || !layers.some(({ type }) => type === 'Eltwise' || type === 'BinaryOp')) return null;
    const weights = esrgan
      .tensors({ features: 1, growth: 1, blocks, scale: 2 ** ups })
      .filter(({ shape }) => shape.length === 4);
    return weights.map(({ name }) => name.slice(0, -'.weight'.length));
  },
};

/**
 * Each convolution sees the block's input and everything that was made of it so far. With `plus` the second one's
 * result gains the input through a 1x1 convolution, the fourth one's gains the second one's.
 */
function denseBlock(builder: GraphBuilder, input: string, name: string, plus: boolean): string {
  const seen = [input];
  for (let conv = 1; conv < denseConvs; conv++) {
    let value = builder.convolution(concat(builder, seen), `${name}.conv${conv}`);
    value = builder.leakyRelu(value, slope);
    if (plus && conv === 2) {
      const path = builder.node('Conv', [input, builder.weight(`${name}.conv1x1.weight`)], {
        kernel_shape: { ints: [1, 1] },
      });
      value = builder.node('Add', [value, path]);
    }
    if (plus && conv === 4) value = builder.node('Add', [value, seen[2] ?? '']);
    seen.push(value);
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
