/**
 * OmniSR (Wang et al., "Omni Aggregation Networks for Lightweight Image Super-Resolution", CVPR 2023): groups of
 * blocks that attend between pixels and between channels, in neighbouring cells and across the picture. Its gates
 * pool over the whole tile and its grids reach over all of it.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, convolutionSpecs, flags, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import {
  bottleneck,
  channelAttention,
  gatedFeedForward,
  heads,
  pixelAttention,
  spatialGate,
  type Layers,
} from './omnisr-layers.ts';
import { Cells } from './ops/cells.ts';
import { shuffled } from './ops/dysample.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type OmnisrStructure = {
  readonly features: number;
  readonly groups: number;
  /** In a group. */
  readonly blocks: number;
  /** Side of the cells. */
  readonly window: number;
  readonly scale: number;
  /** 1 when attention has a bias for places; without it the window is not told and is 8, as published. */
  readonly positions: number;
};

const usualWindow = 8;

export const omnisr: Architecture<OmnisrStructure> = {
  family: 'omnisr',

  // Counters of a profiler, which one of the published files holds.
  ignores: (name) => /(^|\.)total_(ops|params)$/.test(name),

  structure(table: TensorTable): OmnisrStructure | null {
    const [features, channels] = shapeOf(table, 'input.weight', 4) ?? [];
    if (features === undefined || channels !== 3 || !shapeOf(table, `${blockName(0, 0)}.0.fn.0.weight`, 4)) {
      return null;
    }
    let groups = 1;
    while (table.tensors.has(`${blockName(groups, 0)}.0.fn.0.weight`)) groups++;
    let blocks = 1;
    while (table.tensors.has(`${blockName(0, blocks)}.0.fn.0.weight`)) blocks++;
    const places = shapeOf(table, `${blockName(0, 0)}.2.fn.rel_pos_bias.weight`, 2)?.[0];
    return omnisr.parse({
      features,
      groups,
      blocks,
      window: places === undefined ? usualWindow : (Math.sqrt(places) + 1) / 2,
      scale: Math.sqrt((shapeOf(table, 'up.0.weight', 4)?.[0] ?? 0) / 3),
      positions: places === undefined ? 0 : 1,
    });
  },

  parse(given: Structure): OmnisrStructure | null {
    const base = numbers(given, ['features', 'groups', 'blocks', 'window', 'scale']);
    const told = flags(given, ['positions']);
    return base && told && base.features % heads === 0 ? { ...base, ...told } : null;
  },

  scale: ({ scale }) => scale,

  // An estimate: cells of `window` pixels after one another, and gates and grids over all of the tile.
  // Its channel attention pools with a window of 16 pixels at least.
  rules: ({ window }) => ({ context: 4 * window, blend: 16, multiple: window, least: 16 }),

  tensors(structure: OmnisrStructure): TensorSpec[] {
    const { features, groups, blocks, scale } = structure;
    const specs = convolutionSpecs('input', features, 3);
    for (let group = 0; group < groups; group++) {
      for (let block = 0; block < blocks; block++) specs.push(...blockSpecs(structure, group, block));
      const gate = gateWidth(features);
      const name = `residual_layer.${group}.esa`;
      specs.push(
        ...convolutionSpecs(blockName(group, blocks).slice(0, -'.layer'.length), features, features, 1),
        ...convolutionSpecs(`${name}.conv1`, gate, features, 1),
        ...convolutionSpecs(`${name}.conv2`, gate, gate),
        ...convolutionSpecs(`${name}.conv3`, gate, gate),
        ...convolutionSpecs(`${name}.conv_f`, gate, gate, 1),
        ...convolutionSpecs(`${name}.conv4`, features, gate, 1),
      );
    }
    return [
      ...specs,
      ...convolutionSpecs('output', features, features),
      ...convolutionSpecs('up.0', 3 * scale * scale, features),
    ];
  },

  graph(builder: GraphBuilder, structure: OmnisrStructure, input: string): string {
    const { features, groups, blocks, window, scale, positions } = structure;
    const cells = new Cells(builder, input, window);
    const layers: Layers = { builder, cells, features, window, positions: positions === 1 };
    const first = builder.convolution(builder.intoCompute(input), 'input');
    let value = first;
    for (let group = 0; group < groups; group++) {
      let inner = value;
      for (let block = 0; block < blocks; block++) {
        const name = blockName(group, block);
        inner = bottleneck(layers, inner, `${name}.0.fn`);
        inner = pixelAttention(layers, inner, `${name}.2`, 'block');
        inner = gatedFeedForward(layers, inner, `${name}.4`);
        inner = channelAttention(layers, inner, `${name}.5`, 'block');
        inner = gatedFeedForward(layers, inner, `${name}.6`);
        inner = pixelAttention(layers, inner, `${name}.8`, 'grid');
        inner = gatedFeedForward(layers, inner, `${name}.10`);
        inner = channelAttention(layers, inner, `${name}.11`, 'grid');
        inner = gatedFeedForward(layers, inner, `${name}.12`);
      }
      const last = blockName(group, blocks).slice(0, -'.layer'.length);
      value = builder.node('Add', [builder.convolution(inner, last), value]);
      value = spatialGate(layers, value, `residual_layer.${group}.esa`, gateWidth(features));
    }
    value = builder.node('Add', [builder.convolution(value, 'output'), first]);
    return shuffled(builder, builder.lastConvolution(value, 'up.0'), scale);
  },

  cost(structure: OmnisrStructure): Cost {
    const { features, groups, blocks, window, scale } = structure;
    const specs = omnisr.tensors(structure);
    const dense = specs.filter(({ name }) => name.includes('.to_'));
    const attention = 2 * (4 * window * window * features + (4 * features * features) / heads);
    const logits = heads * window * window;
    return {
      flopsPerPixel:
        convolutionFlops(specs, () => 1) +
        dense.reduce((sum, { shape: [rows = 0, columns = 0] }) => sum + 2 * rows * columns, 0) +
        groups * blocks * attention,
      // The skips beside the logits and their softmax, or beside the three parts and their units.
      bytesPerPixel: 4 * Math.max(5 * features + 2 * logits, 10 * features, 2 * features + 9 * scale * scale),
      bindingPerPixel: 4 * Math.max(logits, 3 * features, 3 * scale * scale),
    };
  },
};

/** One block's sequence of layers. */
function blockName(group: number, block: number): string {
  return `residual_layer.${group}.residual_layer.${block}.layer`;
}

function gateWidth(features: number): number {
  return Math.max(Math.floor(features / 4), 16);
}

function blockSpecs(
  { features, window, positions }: OmnisrStructure,
  group: number,
  block: number,
): TensorSpec[] {
  const name = blockName(group, block);
  const hidden = Math.floor(features / 4);
  const plain = (path: string, ...shape: number[]): TensorSpec => ({ name: `${name}.${path}.weight`, shape });
  const norm = (layer: number): TensorSpec[] =>
    ['weight', 'bias'].map((kind) => ({ name: `${name}.${layer}.norm.${kind}`, shape: [features] }));
  const pixels = (layer: number): TensorSpec[] => [
    ...norm(layer),
    plain(`${layer}.fn.to_qkv`, 3 * features, features),
    ...(positions ? [plain(`${layer}.fn.rel_pos_bias`, (2 * window - 1) ** 2, heads)] : []),
    plain(`${layer}.fn.to_out.0`, features, features),
  ];
  const forward = (layer: number): TensorSpec[] => [
    ...norm(layer),
    plain(`${layer}.fn.project_in`, 2 * features, features, 1, 1),
    plain(`${layer}.fn.dwconv`, 2 * features, 1, 3, 3),
    plain(`${layer}.fn.project_out`, features, features, 1, 1),
  ];
  const channels = (layer: number): TensorSpec[] => [
    ...norm(layer),
    plain(`${layer}.fn.qkv`, 3 * features, features, 1, 1),
    plain(`${layer}.fn.qkv_dwconv`, 3 * features, 1, 3, 3),
    { name: `${name}.${layer}.fn.temperature`, shape: [heads, 1, 1] },
    plain(`${layer}.fn.project_out`, features, features, 1, 1),
  ];
  return [
    ...convolutionSpecs(`${name}.0.fn.0`, features, features, 1),
    ...convolutionSpecs(`${name}.0.fn.2`, features, 1),
    plain('0.fn.4.gate.1', hidden, features),
    plain('0.fn.4.gate.3', features, hidden),
    ...convolutionSpecs(`${name}.0.fn.5`, features, features, 1),
    ...[pixels(2), forward(4), channels(5), forward(6)].flat(),
    ...[pixels(8), forward(10), channels(11), forward(12)].flat(),
  ];
}
