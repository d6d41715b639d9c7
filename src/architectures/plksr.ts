/**
 * PLKSR and RealPLKSR (Lee et al., "Partial Large Kernel CNNs for Efficient Super-Resolution", 2024): blocks of
 * a channel mixer, a very large convolution over some of the channels, and a gate. RealPLKSR (neosr) adds a
 * normalisation to each block, Mish for GELU, and DySample for the pixel shuffle where its tensors are there.
 * A block's GroupNorm (4 groups, which no tensor tells) is taken over the whole tile.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, flags, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { gelu, mish } from './ops/activations.ts';
import { dysample, dysampleSpecs, shuffled } from './ops/dysample.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type PlksrStructure = {
  readonly features: number;
  readonly blocks: number;
  readonly scale: number;
  /** Side of the large convolution. */
  readonly kernel: number;
  /** How many channels it sees. */
  readonly part: number;
  /** Sides of the mixer's two convolutions: 3 and 3, 3 and 1, or 1 and 3. */
  readonly mixer: readonly number[];
  /** 1 for RealPLKSR. */
  readonly real: number;
  /** 1 where the gate is there. */
  readonly gate: number;
  /** 1 for RealPLKSR with a norm over the channels before each block, and not over groups after it. */
  readonly layerNorm: number;
  readonly dysample: number;
  /** 1 when the large convolution is the sum of an upright, a lying and a small one. */
  readonly crossed: number;
};

const normGroups = 4;
const groupEpsilon = 1e-5;
const layerEpsilon = 1e-6;

export const plksr: Architecture<PlksrStructure> = {
  family: 'plksr',

  structure(table: TensorTable): PlksrStructure | null {
    const features = shapeOf(table, 'feats.0.weight', 4)?.[0];
    const crossed = shapeOf(table, 'feats.1.lk.mn_conv.weight', 4);
    const [part, , kernel] = crossed ?? shapeOf(table, 'feats.1.lk.conv.weight', 4) ?? [];
    if (features === undefined || part === undefined || kernel === undefined) return null;
    const real = table.tensors.has('feats.1.channel_mixer.0.weight') ? 1 : 0;
    const mixer = [0, 2].map((index) => shapeOf(table, `feats.1.${mixerName(real)}.${index}.weight`, 4)?.[2]);
    let blocks = 1;
    while (table.tensors.has(`feats.${blocks + 1}.refine.weight`)) blocks++;
    const last = shapeOf(table, `feats.${blocks + 1 + real}.weight`, 4)?.[0] ?? 0;
    return plksr.parse({
      features,
      blocks,
      scale: Math.sqrt(last / 3),
      kernel,
      part,
      mixer: mixer.map((side) => side ?? 0),
      real,
      gate: table.tensors.has('feats.1.attn.f.0.weight') ? 1 : 0,
      layerNorm: table.tensors.has('feats.1.layer_norm.weight') ? 1 : 0,
      dysample: table.tensors.has('to_img.init_pos') ? 1 : 0,
      crossed: crossed ? 1 : 0,
    });
  },

  parse(given: Structure): PlksrStructure | null {
    const base = numbers(given, ['features', 'blocks', 'scale', 'kernel', 'part']);
    const told = flags(given, ['real', 'gate', 'layerNorm', 'dysample', 'crossed']);
    const { mixer } = given;
    if (!base || !told || !Array.isArray(mixer) || !['3,3', '3,1', '1,3'].includes(mixer.join())) return null;
    const fits = told.real
      ? !told.crossed && mixer.join() === '3,3' && (told.layerNorm || base.features % normGroups === 0)
      : !told.layerNorm && !told.dysample;
    return fits && base.part <= base.features
      ? { ...base, ...told, mixer: [...(mixer as readonly number[])] }
      : null;
  },

  scale: ({ scale }) => scale,

  // An estimate: a block sees eleven pixels to each side, and its norms all of the tile.
  rules: () => ({ context: 32, blend: 16, multiple: 1 }),

  tensors(structure: PlksrStructure): TensorSpec[] {
    const { features, blocks, scale, part, mixer, real, gate, layerNorm } = structure;
    const [first = 3, second = 3] = mixer;
    const specs = convolutionSpecs('feats.0', features, 3);
    const norm = (name: string): TensorSpec[] =>
      ['weight', 'bias'].map((kind) => ({ name: `${name}.${kind}`, shape: [features] }));
    for (let block = 1; block <= blocks; block++) {
      const name = `feats.${block}`;
      if (layerNorm) specs.push(...norm(`${name}.layer_norm`));
      specs.push(
        ...convolutionSpecs(`${name}.${mixerName(real)}.0`, 2 * features, features, first),
        ...convolutionSpecs(`${name}.${mixerName(real)}.2`, features, 2 * features, second),
      );
      for (const [large, height, width] of largeConvolutions(structure)) {
        specs.push({ name: `${name}.lk.${large}.weight`, shape: [part, part, height, width] });
        specs.push({ name: `${name}.lk.${large}.bias`, shape: [part] });
      }
      if (gate) specs.push(...convolutionSpecs(`${name}.attn.f.0`, features, features));
      specs.push(...convolutionSpecs(`${name}.refine`, features, features, 1));
      if (real && !layerNorm) specs.push(...norm(`${name}.norm`));
    }
    specs.push(...convolutionSpecs(lastName(structure), 3 * scale * scale, features));
    return structure.dysample ? [...specs, ...dysampleSpecs('to_img', scale)] : specs;
  },

  graph(builder: GraphBuilder, structure: PlksrStructure, input: string): string {
    const { blocks, scale } = structure;
    let value = builder.convolution(builder.intoCompute(input), 'feats.0');
    for (let block = 1; block <= blocks; block++) {
      value = builder.node('Add', [plkBlock(builder, structure, value, `feats.${block}`), value]);
    }
    value = builder.lastConvolution(value, lastName(structure));
    if (!structure.dysample) {
      const base = scale === 1 ? input : builder.nearest(input, scale);
      return builder.node('Add', [shuffled(builder, value, scale), base]);
    }
    // Each colour as often as its pixels will be: [3, 1, h, w] repeated, and the colours joined again.
    const apart = builder.node('Transpose', [input], { perm: { ints: [1, 0, 2, 3] } });
    const repeated = builder.node('Tile', [apart, builder.integers([1, scale * scale, 1, 1])]);
    const base = builder.node('Reshape', [repeated, builder.integers([1, 3 * scale * scale, 0, 0])]);
    return dysample(builder, builder.node('Add', [value, base]), 'to_img', scale);
  },

  cost(structure: PlksrStructure): Cost {
    const { features, scale } = structure;
    const output = 3 * scale * scale;
    // DySample: the places and the sampled channels, both at output size.
    const sampled = structure.dysample ? output * scale * scale : 0;
    return {
      flopsPerPixel: convolutionFlops(plksr.tensors(structure), (name) =>
        name.startsWith('to_img.end') ? scale * scale : 1,
      ),
      // The block's input, and the mixer's wide map with three more of its activation; or the end.
      bytesPerPixel: 4 * Math.max(10 * features, 2 * features + 3 * output + 3 * sampled),
      bindingPerPixel: 4 * Math.max(2 * features, output, sampled),
    };
  },
};

/** One block without its skip. */
function plkBlock(builder: GraphBuilder, structure: PlksrStructure, input: string, name: string): string {
  const { features, part, real, gate, layerNorm } = structure;
  const mixer = `${name}.${mixerName(real)}`;
  let value = layerNorm ? channelNorm(builder, input, `${name}.layer_norm`) : input;
  value = builder.convolution(value, `${mixer}.0`);
  value = builder.convolution(real ? mish(builder, value) : gelu(builder, value), `${mixer}.2`);
  if (part < features) {
    const seen = largeConvolution(builder, structure, channels(builder, value, 0, part), name);
    value = builder.concat([seen, channels(builder, value, part, features)]);
  } else {
    value = largeConvolution(builder, structure, value, name);
  }
  if (gate) {
    const open = builder.node('Sigmoid', [builder.convolution(value, `${name}.attn.f.0`)]);
    value = builder.node('Mul', [value, open]);
  }
  value = builder.convolution(value, `${name}.refine`);
  return real && !layerNorm ? groupNorm(builder, value, `${name}.norm`, features) : value;
}

function largeConvolution(
  builder: GraphBuilder,
  structure: PlksrStructure,
  input: string,
  name: string,
): string {
  return largeConvolutions(structure)
    .map(([large]) => builder.convolution(input, `${name}.lk.${large}`))
    .reduce((sum, value) => builder.node('Add', [sum, value]));
}

/** Name, height and width of what makes up the large convolution. */
function largeConvolutions({ kernel, crossed }: PlksrStructure): [string, number, number][] {
  const short = Math.floor(kernel / 3);
  if (!crossed) return [['conv', kernel, kernel]];
  return [
    ['mn_conv', kernel, short],
    ['nm_conv', short, kernel],
    ['nn_conv', short, short],
  ];
}

function channels(builder: GraphBuilder, value: string, start: number, end: number): string {
  const bounds = [start, end, 1].map((bound) => builder.integers([bound]));
  return builder.node('Slice', [value, ...bounds]);
}

/** Over the channels of each pixel; the operator wants them last. */
function channelNorm(builder: GraphBuilder, input: string, name: string): string {
  const last = builder.node('Transpose', [input], { perm: { ints: [0, 2, 3, 1] } });
  const normed = builder.node(
    'LayerNormalization',
    [last, builder.weight(`${name}.weight`), builder.weight(`${name}.bias`)],
    { axis: { int: -1 }, epsilon: { float: layerEpsilon } },
  );
  return builder.node('Transpose', [normed], { perm: { ints: [0, 3, 1, 2] } });
}

/** Over a group's channels and all pixels: the groups are put in the channels' place for that. */
function groupNorm(builder: GraphBuilder, input: string, name: string, features: number): string {
  const groups = builder.node('Reshape', [input, builder.integers([0, normGroups, -1, 0])]);
  const factors = [1, 0].map((value) =>
    builder.intoCompute(builder.floats(Array.from({ length: normGroups }, () => value))),
  );
  const normed = builder.node('InstanceNormalization', [groups, ...factors], {
    epsilon: { float: groupEpsilon },
  });
  const apart = builder.node('Reshape', [normed, builder.integers([0, features, -1, 0])]);
  const scaled = builder.node('Mul', [apart, builder.weight(`${name}.weight`, [features, 1, 1])]);
  return builder.node('Add', [scaled, builder.weight(`${name}.bias`, [features, 1, 1])]);
}

/** RealPLKSR has a dropout, which holds no tensors, before its last convolution. */
function lastName({ blocks, real }: PlksrStructure): string {
  return `feats.${blocks + 1 + real}`;
}

function mixerName(real: number): string {
  return real ? 'channel_mixer' : 'channe_mixer';
}
