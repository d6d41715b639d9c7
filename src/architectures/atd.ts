/**
 * ATD and ATD-light (Zhang et al., "Transcending the Limit of Local Window: Advanced Super-Resolution Transformer with
 * Adaptive Token Dictionary", CVPR 2024): attention in windows, to a small dictionary, and between pixels
 * that the dictionary finds alike. The dictionary learns from the whole tile, and the pixels that are put
 * together come from all of it. Sorting them is the processor's work, also on a GPU.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { atdBlock, Categories } from './atd-layers.ts';
import { convolutionFlops, flags, isSizes, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { linearFlops, linearSpecs, normSpecs } from './ops/channels-last.ts';
import { headsAtOnce } from './ops/multi-head.ts';
import { Rectangles } from './ops/rectangles.ts';
import { groupsArea, groupsGraph, groupsOf, groupsSpecs, type GroupsNames } from './ops/residual-groups.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type AtdStructure = {
  readonly features: number;
  readonly depths: readonly number[];
  readonly heads: number;
  /** Side of the windows. */
  readonly window: number;
  /** Pixels that are put together as alike; no shape tells: 128 in light networks and 256 in others, as published. */
  readonly category: number;
  /** Length of the dictionary. */
  readonly tokens: number;
  /** Width of what is compared with it. */
  readonly reduced: number;
  /** Width of the feed-forward layers, and the side of their convolution. */
  readonly hidden: number;
  readonly kernel: number;
  readonly scale: number;
  readonly end: number;
  readonly narrow: number;
  readonly qkvBias: number;
  readonly meanless: number;
};

const names: GroupsNames = {
  entry: 'patch_embed.norm',
  block: (group, block) => `layers.${group}.residual_group.layers.${block}`,
};

const lightFeatures = 48;

export const atd: Architecture<AtdStructure> = {
  family: 'atd',

  ignores: (name) => name === 'relative_position_index_SA',

  structure(table: TensorTable): AtdStructure | null {
    const first = names.block(0, 0);
    const groups = groupsOf(table, names);
    const [places = 0, heads] = shapeOf(table, `${first}.attn_win.relative_position_bias_table`, 2) ?? [];
    const tokens = shapeOf(table, `${first}.attn_atd.scale`, 1)?.[0];
    const reduced = shapeOf(table, `${first}.attn_atd.wq.weight`, 2)?.[0];
    const hidden = shapeOf(table, `${first}.convffn.fc1.weight`, 2)?.[0];
    const kernel = shapeOf(table, `${first}.convffn.dwconv.depthwise_conv.0.weight`, 4)?.[2];
    if (!groups || heads === undefined || tokens === undefined || reduced === undefined) return null;
    if (hidden === undefined || kernel === undefined) return null;
    return atd.parse({
      ...groups,
      heads,
      window: (Math.sqrt(places) + 1) / 2,
      category: groups.end === 0 && groups.features === lightFeatures ? 128 : 256,
      tokens,
      reduced,
      hidden,
      kernel,
      qkvBias: table.tensors.has(`${first}.wqkv.bias`) ? 1 : 0,
      meanless: table.tensors.has('no_norm') ? 1 : 0,
    });
  },

  parse(given: Structure): AtdStructure | null {
    const base = numbers(given, [
      ...([
        'features',
        'heads',
        'window',
        'category',
        'tokens',
        'reduced',
        'hidden',
        'kernel',
        'scale',
      ] as const),
    ]);
    const told = flags(given, ['narrow', 'qkvBias', 'meanless']);
    const { depths, end } = given;
    if (!base || !told || typeof end !== 'number' || !isSizes(depths)) return null;
    return base.features % base.heads === 0 && base.kernel % 2 === 1
      ? { ...base, ...told, end, depths: [...depths] }
      : null;
  },

  scale: ({ scale }) => scale,

  // An estimate: windows after one another, and a dictionary from all of the tile.
  rules: ({ window }) => ({ context: Math.max(32, 2 * window), blend: 16, multiple: window }),

  tensors(structure: AtdStructure): TensorSpec[] {
    const { features, depths, tokens, meanless } = structure;
    return [
      ...(meanless ? [{ name: 'no_norm', shape: [1] }] : []),
      ...depths.map((_, group) => ({ name: `layers.${group}.residual_group.td`, shape: [tokens, features] })),
      ...groupsSpecs(
        structure,
        (name, group, index) => blockSpecs(structure, name, index === (depths[group] ?? 0) - 1),
        names,
      ),
    ];
  },

  graph(builder: GraphBuilder, structure: AtdStructure, input: string): string {
    const rectangles = new Rectangles(builder, input);
    const categories = new Categories(builder, input, structure.category);
    let dictionary = '';
    return groupsGraph(
      builder,
      structure,
      input,
      (value, name, group, index) => {
        if (index === 0) dictionary = builder.weight(`layers.${group}.residual_group.td`);
        const last = index === (structure.depths[group] ?? 0) - 1;
        const place = { name, turned: index % 2 === 1, last };
        const made = atdBlock(builder, rectangles, categories, structure, value, dictionary, place);
        ({ dictionary } = made);
        return made.value;
      },
      names,
    );
  },

  cost(structure: AtdStructure): Cost {
    const { features, heads, window, category, tokens, hidden, scale, end } = structure;
    const specs = atd.tensors(structure);
    const blocks = structure.depths.reduce((sum, depth) => sum + depth, 0);
    const logits = Math.max(
      ...[window * window, category].map((keys) => headsAtOnce({ heads, keys }) * keys),
    );
    const output = end === 0 ? 3 * scale * scale : end * scale * scale;
    return {
      flopsPerPixel:
        convolutionFlops(specs, (name) => groupsArea(name, structure)) +
        linearFlops(specs) +
        blocks * 4 * features * (window * window + category + tokens),
      // Queries, keys and values in three orders beside the logits with their bias and softmax; or a feed-forward; or the end.
      bytesPerPixel:
        4 * Math.max(13 * features + 3 * logits + 2 * tokens, 3 * features + 4 * hidden, 3 * output),
      bindingPerPixel: 4 * Math.max(logits, 3 * features, hidden, output),
    };
  },
};

function blockSpecs(structure: AtdStructure, name: string, last: boolean): TensorSpec[] {
  const { features, heads, window, tokens, reduced, hidden, kernel, qkvBias } = structure;
  const bias = qkvBias === 1;
  const around = `${name}.convffn.dwconv.depthwise_conv.0`;
  return [
    ...normSpecs(`${name}.norm1`, features),
    ...linearSpecs(`${name}.wqkv`, 3 * features, features, bias),
    ...linearSpecs(`${name}.attn_atd.wq`, reduced, features, bias),
    ...linearSpecs(`${name}.attn_atd.wk`, reduced, features, bias),
    ...linearSpecs(`${name}.attn_atd.wv`, features, features, bias),
    { name: `${name}.attn_atd.scale`, shape: [tokens] },
    { name: `${name}.attn_aca.logit_scale`, shape: [1, 1] },
    ...linearSpecs(`${name}.attn_aca.proj`, features, features, bias),
    { name: `${name}.attn_win.relative_position_bias_table`, shape: [(2 * window - 1) ** 2, heads] },
    ...linearSpecs(`${name}.attn_win.proj`, features, features),
    ...normSpecs(`${name}.norm2`, features),
    ...linearSpecs(`${name}.convffn.fc1`, hidden, features),
    { name: `${around}.weight`, shape: [hidden, 1, kernel, kernel] },
    { name: `${around}.bias`, shape: [hidden] },
    ...linearSpecs(`${name}.convffn.fc2`, features, hidden),
    ...(last ? [] : [...normSpecs(`${name}.norm3`, tokens), { name: `${name}.sigma`, shape: [tokens, 1] }]),
  ];
}
