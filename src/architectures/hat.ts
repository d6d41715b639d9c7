/**
 * HAT, HAT-S and HAT-L (Chen et al., "Activating More Pixels in Image Super-Resolution Transformer", CVPR 2023): blocks of window
 * attention beside convolutions, and at each group's end attention to a larger window. The convolutions' channels are weighed by
 * means over the whole picture, which here come from the tile.
 */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Architecture, Cost, Structure, TensorSpec } from './architecture.ts';
import { convolutionFlops, flags, isSizes, numbers, shapeOf } from './common.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { hybridBlock, hybridBlockSpecs, overlappingBlock, overlappingBlockSpecs } from './hat-layers.ts';
import { linearFlops } from './ops/channels-last.ts';
import { headsAtOnce } from './ops/multi-head.ts';
import { Rectangles } from './ops/rectangles.ts';
import { groupsArea, groupsGraph, groupsOf, groupsSpecs, type GroupsNames } from './ops/residual-groups.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type HatStructure = {
  readonly features: number;
  /** Blocks of each group, the one that reaches further not counted. */
  readonly depths: readonly number[];
  readonly heads: number;
  /** Side of the windows, and of the larger ones around them. */
  readonly window: number;
  readonly outer: number;
  /** Width of the feed-forward layers. */
  readonly hidden: number;
  /** Channels between a block's two convolutions, and of what weighs them. */
  readonly narrowed: number;
  readonly squeezed: number;
  readonly scale: number;
  /** Channels of the end's own layers. */
  readonly end: number;
  readonly narrow: number;
  readonly qkvBias: number;
};

const names: GroupsNames = {
  entry: 'patch_embed.norm',
  block: (group, block) => `layers.${group}.residual_group.blocks.${block}`,
};

export const hat: Architecture<HatStructure> = {
  family: 'hat',

  ignores: (name) => /^relative_position_index_(SA|OCA)$/.test(name),

  structure(table: TensorTable): HatStructure | null {
    const first = names.block(0, 0);
    const groups = groupsOf(table, names);
    const [places = 0, heads] = shapeOf(table, `${first}.attn.relative_position_bias_table`, 2) ?? [];
    const [further = 0] = shapeOf(table, `${overlapName(0)}.relative_position_bias_table`, 2) ?? [];
    const hidden = shapeOf(table, `${first}.mlp.fc1.weight`, 2)?.[0];
    const narrowed = shapeOf(table, `${first}.conv_block.cab.0.weight`, 4)?.[0];
    const squeezed = shapeOf(table, `${first}.conv_block.cab.3.attention.1.weight`, 4)?.[0];
    if (!groups || heads === undefined || hidden === undefined) return null;
    if (narrowed === undefined || squeezed === undefined) return null;
    const window = (Math.sqrt(places) + 1) / 2;
    return hat.parse({
      ...groups,
      heads,
      window,
      outer: Math.sqrt(further) + 1 - window,
      hidden,
      narrowed,
      squeezed,
      qkvBias: table.tensors.has(`${first}.attn.qkv.bias`) ? 1 : 0,
    });
  },

  parse(given: Structure): HatStructure | null {
    const base = numbers(given, [
      'features',
      'heads',
      'window',
      'outer',
      'hidden',
      'narrowed',
      'squeezed',
      'scale',
      'end',
    ]);
    const told = flags(given, ['narrow', 'qkvBias']);
    const { depths } = given;
    if (!base || !told || !isSizes(depths)) return null;
    const rim = base.outer - base.window;
    const fits = base.features % base.heads === 0 && rim > 0 && rim % 2 === 0 && rim <= base.window;
    return fits ? { ...base, ...told, depths: [...depths] } : null;
  },

  scale: ({ scale }) => scale,

  // An estimate: windows after one another, and means over all of the tile.
  rules: ({ window }) => ({ context: Math.max(32, 2 * window), blend: 16, multiple: window }),

  tensors: (structure: HatStructure): TensorSpec[] =>
    groupsSpecs(
      structure,
      (name, group, index) => [
        ...hybridBlockSpecs(name, structure),
        ...(isLast(structure, group, index) ? overlappingBlockSpecs(overlapName(group), structure) : []),
      ],
      names,
    ),

  graph(builder: GraphBuilder, structure: HatStructure, input: string): string {
    const rectangles = new Rectangles(builder, input);
    return groupsGraph(
      builder,
      structure,
      input,
      (value, name, group, index) => {
        const made = hybridBlock(builder, rectangles, structure, value, name, index % 2 === 1);
        if (!isLast(structure, group, index)) return made;
        return overlappingBlock(builder, rectangles, structure, made, overlapName(group));
      },
      names,
    );
  },

  cost(structure: HatStructure): Cost {
    const { features, depths, heads, window, outer, hidden, scale, end } = structure;
    const specs = hat.tensors(structure);
    const [near, far] = [window * window, outer * outer];
    const blocks = depths.reduce((sum, depth) => sum + depth, 0);
    // Pixels of the larger windows for one of the map.
    const overlap = far / near;
    const logits = Math.max(
      headsAtOnce({ heads, keys: near }) * near,
      headsAtOnce({ heads, keys: far }) * far,
    );
    const output = end * scale * scale;
    return {
      flopsPerPixel:
        convolutionFlops(specs, (name) => (name.includes('.attention.') ? 0 : groupsArea(name, structure))) +
        linearFlops(specs.filter((spec) => !spec.name.endsWith('_table'))) +
        4 * features * (blocks * near + depths.length * far),
      // Skips and queries beside the larger windows' keys and values, twice, and the logits, their bias and softmax; or a feed-forward;
      // or the end.
      bytesPerPixel:
        4 *
        Math.max(
          (5 + 4 * overlap) * features + 3 * logits,
          4 * features + 2 * hidden,
          2 * features + 3 * output,
        ),
      bindingPerPixel: 4 * Math.max(logits, 2 * overlap * features, 3 * features, hidden, output),
    };
  },
};

function overlapName(group: number): string {
  return `layers.${group}.residual_group.overlap_attn`;
}

function isLast({ depths }: HatStructure, group: number, index: number): boolean {
  return index === (depths[group] ?? 0) - 1;
}
