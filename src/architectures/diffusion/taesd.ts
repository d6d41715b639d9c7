/**
 * TAESD (Ollin Boer Bohan, https://github.com/madebyollin/taesd): a tiny autoencoder of plain convolutions for the latents of Stable
 * Diffusion, under diffusers' names (AutoencoderTiny) or as its author numbers the layers. Inside pictures are in 0..1;
 * at the ends of both parts they are in -1..1, like those of the large autoencoder.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { convolutionSpecs, flags, isSizes, numbers, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import type { Part, PartForm } from './part.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type TaesdStructure = {
  readonly width: number;
  /** Channels of the latent. */
  readonly latent: number;
  /** Of each level in order of use: how many blocks of three convolutions it has. */
  readonly blocks: readonly number[];
  /** 1 when layers have only numbers for names, as in the author's own files. */
  readonly numbered: 0 | 1;
};

/** Input `sample` [batch, 3, 8h, 8w] in -1..1; output `mean` [batch, 4, h, w], already in the scale that a UNet works in. */
export const taesdEncoder: Part<TaesdStructure> = {
  kind: 'taesd-encoder',

  structure: (table: TensorTable): TaesdStructure | null => read(table, 'encoder', encoderName),

  parse,

  tensors(structure: TaesdStructure): TensorSpec[] {
    const { width, latent } = structure;
    const name = encoderName(structure.numbered);
    return encoderLayers(structure).flatMap((layer, index): TensorSpec[] => {
      if (layer === 'block') return blockSpecs(name(index), width);
      if (layer === 'step') return [weightSpec(name(index), width)];
      return index === 0 ? convolutionSpecs(name(0), width, 3) : convolutionSpecs(name(index), latent, width);
    });
  },

  graph(builder: GraphBuilder, structure: TaesdStructure, form: PartForm): readonly GraphOutput[] {
    const { batch, height, width } = form;
    const factor = 2 ** (structure.blocks.length - 1);
    const sample = builder.input('sample', 'f32', [batch, 3, factor * height, factor * width]);
    const half = builder.floats([0.5]);
    const picture = builder.node('Add', [builder.node('Mul', [sample, half]), half]);
    const name = encoderName(structure.numbered);
    let value = builder.intoCompute(picture);
    encoderLayers(structure).forEach((layer, index) => {
      if (layer === 'block') value = block(builder, value, name(index));
      else if (layer === 'step') value = bare(builder, value, name(index), 2);
      else value = builder.convolution(value, name(index));
    });
    const shape = [batch, structure.latent, height, width];
    return [{ name: 'mean', value: builder.outOfCompute(value), shape }];
  },
};

/** Input `latent` [batch, 4, h, w] in the scale that a UNet works in; output `sample` [batch, 3, 8h, 8w], in -1..1 but not clamped. */
export const taesdDecoder: Part<TaesdStructure> = {
  kind: 'taesd-decoder',

  structure: (table: TensorTable): TaesdStructure | null => read(table, 'decoder', decoderName),

  parse,

  tensors(structure: TaesdStructure): TensorSpec[] {
    const { width, latent } = structure;
    const name = decoderName(structure.numbered);
    return decoderLayers(structure).flatMap((layer, index): TensorSpec[] => {
      if (layer === 'block') return blockSpecs(name(index), width);
      if (layer === 'step') return [weightSpec(name(index), width)];
      if (layer === 'plain') return [];
      return index === 0 ? convolutionSpecs(name(0), width, latent) : convolutionSpecs(name(index), 3, width);
    });
  },

  graph(builder: GraphBuilder, structure: TaesdStructure, form: PartForm): readonly GraphOutput[] {
    const { batch, height, width } = form;
    const layers = decoderLayers(structure);
    const name = decoderName(structure.numbered);
    const latent = builder.intoCompute(
      builder.input('latent', 'f32', [batch, structure.latent, height, width]),
    );
    // Latents of any size are bent into -3..3.
    const bent = builder.node('Tanh', [builder.node('Mul', [latent, builder.number(1 / 3)])]);
    let value = builder.node('Mul', [bent, builder.number(3)]);
    layers.forEach((layer, index) => {
      if (layer === 'block') value = block(builder, value, name(index));
      else if (layer === 'step') value = bare(builder, builder.nearest(value, 2), name(index), 1);
      else if (layer === 'whole' && index > 0) value = builder.lastConvolution(value, name(index));
      else if (layer === 'whole') value = builder.node('Relu', [builder.convolution(value, name(0))]);
    });
    const doubled = builder.node('Mul', [value, builder.floats([2])]);
    const factor = 2 ** (structure.blocks.length - 1);
    return [
      {
        name: 'sample',
        value: builder.node('Sub', [doubled, builder.floats([1])]),
        shape: [batch, 3, factor * height, factor * width],
      },
    ];
  },
};

/**
 * One entry a layer's number: a convolution with a bias, a block, a convolution without a bias where the size changes, or
 * something that has no weights.
 */
type Layer = 'whole' | 'block' | 'step' | 'plain';

function encoderLayers({ blocks }: TaesdStructure): Layer[] {
  const levels = blocks.map((count, level): Layer[] => [
    level === 0 ? 'whole' : 'step',
    ...Array.from({ length: count }, (): Layer => 'block'),
  ]);
  return [...levels.flat(), 'whole'];
}

/** The doubling counts as a layer before the convolution that follows it. */
function decoderLayers({ blocks }: TaesdStructure): Layer[] {
  const levels = blocks.map((count, level): Layer[] => [
    ...(level === 0 ? (['whole', 'plain'] as const) : (['plain', 'step'] as const)),
    ...Array.from({ length: count }, (): Layer => 'block'),
  ]);
  return [...levels.flat(), 'whole'];
}

type Naming = (numbered: 0 | 1) => (index: number) => string;

const encoderName: Naming = (numbered) => (index) => (numbered ? `${index}` : `encoder.layers.${index}`);

/** The author counts the bending of latents as the first layer. */
const decoderName: Naming = (numbered) => (index) => (numbered ? `${index + 1}` : `decoder.layers.${index}`);

function read(table: TensorTable, half: 'encoder' | 'decoder', naming: Naming): TaesdStructure | null {
  const numbered = table.tensors.has(`${half}.layers.0.weight`) ? 0 : 1;
  const name = naming(numbered);
  const [width = 0, inputs = 0] = shapeOf(table, `${name(0)}.weight`, 4) ?? [];
  if (half === 'encoder' && inputs !== 3) return null;
  const told = levels(table, name, half);
  if (!told || (half === 'decoder' && told.outputs !== 3)) return null;
  const latent = half === 'encoder' ? told.outputs : inputs;
  return parse({ width, latent, blocks: told.blocks, numbered });
}

/** The blocks of each level, and the channels that the last convolution gives. */
function levels(
  table: TensorTable,
  name: (index: number) => string,
  half: 'encoder' | 'decoder',
): { blocks: number[]; outputs: number } | null {
  const blocks: number[] = [0];
  for (let index = half === 'encoder' ? 1 : 2; ; index++) {
    const shape = shapeOf(table, `${name(index)}.weight`, 4);
    if (table.tensors.has(`${name(index)}.conv.0.weight`)) blocks.push((blocks.pop() ?? 0) + 1);
    else if (shape && table.tensors.has(`${name(index)}.bias`)) return { blocks, outputs: shape[0] ?? 0 };
    else if (shape) blocks.push(0);
    else if (half === 'encoder' || !table.tensors.has(`${name(index + 1)}.weight`)) return null;
  }
}

function parse(given: Structure): TaesdStructure | null {
  const base = numbers(given, ['width', 'latent']);
  const told = flags(given, ['numbered']);
  const blocks = given['blocks'];
  return base && told && isSizes(blocks) ? { ...base, blocks, ...told } : null;
}

function blockSpecs(name: string, width: number): TensorSpec[] {
  return [0, 2, 4].flatMap((index) => convolutionSpecs(`${name}.conv.${index}`, width, width));
}

function weightSpec(name: string, width: number): TensorSpec {
  return { name: `${name}.weight`, shape: [width, width, 3, 3] };
}

function block(builder: GraphBuilder, value: string, name: string): string {
  const relu = (map: string): string => builder.node('Relu', [map]);
  const first = relu(builder.convolution(value, `${name}.conv.0`));
  const second = relu(builder.convolution(first, `${name}.conv.2`));
  return relu(builder.node('Add', [builder.convolution(second, `${name}.conv.4`), value]));
}

/** A 3x3 convolution without a bias. */
function bare(builder: GraphBuilder, value: string, name: string, stride: number): string {
  return builder.node('Conv', [value, builder.weight(`${name}.weight`)], {
    kernel_shape: { ints: [3, 3] },
    pads: { ints: [1, 1, 1, 1] },
    strides: { ints: [stride, stride] },
  });
}
