/**
 * The bias of attention for where pixels of a rectangle lie to one another, from a small network over the distance
 * (CrossFormer, Wang et al., ICLR 2022): constant, so it is computed when a session is created. In fp32.
 */

import type { TensorSpec } from '../architecture.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { linearSpecs, normSpecs } from './channels-last.ts';
import type { Rectangle } from './rectangles.ts';

const layers = ['pos1', 'pos2', 'pos3'] as const;

/** The tensors under the prefix `name`; `width` is that of the small network. */
export function positionNetworkSpecs(name: string, width: number, heads: number): TensorSpec[] {
  return [
    ...linearSpecs(`${name}.pos_proj`, width, 2),
    ...layers.flatMap((layer) => [
      ...normSpecs(`${name}.${layer}.0`, width),
      ...linearSpecs(`${name}.${layer}.2`, layer === 'pos3' ? heads : width, width),
    ]),
  ];
}

/** [1, heads, pixels, pixels] in the compute dtype. */
export function positionBias(builder: GraphBuilder, name: string, side: Rectangle, heads: number): string {
  let value = dense(builder, distances(builder, side), `${name}.pos_proj`);
  for (const layer of layers) {
    const scale = [builder.exact(`${name}.${layer}.0.weight`), builder.exact(`${name}.${layer}.0.bias`)];
    const normed = builder.node('LayerNormalization', [value, ...scale], {
      axis: { int: -1 },
      epsilon: { float: 1e-5 },
    });
    value = dense(builder, builder.node('Relu', [normed]), `${name}.${layer}.2`);
  }

  return builder.intoCompute(gatheredBias(builder, value, side, heads));
}

/** [1, heads, pixels, pixels] from a table with a row for every distance, [(2 height - 1) * (2 width - 1), heads]. */
export function gatheredBias(
  builder: GraphBuilder,
  table: string,
  { height, width }: Rectangle,
  heads: number,
): string {
  const pixels = height * width;
  const row = 2 * width - 1;
  const reshaped = (value: string, shape: readonly number[]): string =>
    builder.node('Reshape', [value, builder.integers(shape)]);
  const places = Array.from({ length: pixels }, (_, at) => Math.floor(at / width) * row + (at % width));
  const list = builder.integers(places);
  const middle = builder.integers([(height - 1) * row + width - 1]);
  const apart = builder.node('Sub', [reshaped(list, [pixels, 1]), list]);
  const chosen = builder.node('Gather', [table, builder.node('Add', [apart, middle])], { axis: { int: 0 } });
  const first = builder.node('Transpose', [chosen], { perm: { ints: [2, 0, 1] } });
  return reshaped(first, [1, heads, pixels, pixels]);
}

/** All distances between two pixels, [(2 height - 1) * (2 width - 1), 2]: down, then right. */
function distances(builder: GraphBuilder, { height, width }: Rectangle): string {
  const along = (side: number, shape: readonly number[]): string => {
    const steps = Array.from({ length: 2 * side - 1 }, (_, at) => at + 1 - side);
    return builder.node('Reshape', [builder.floats(steps), builder.integers(shape)]);
  };
  const down = builder.node('Mul', [along(height, [-1, 1, 1]), builder.floats([1, 0])]);
  const right = builder.node('Mul', [along(width, [1, -1, 1]), builder.floats([0, 1])]);
  return builder.node('Reshape', [builder.node('Add', [down, right]), builder.integers([-1, 2])]);
}

function dense(builder: GraphBuilder, value: string, name: string): string {
  const weight = builder.node('Transpose', [builder.exact(`${name}.weight`)], { perm: { ints: [1, 0] } });
  return builder.node('Add', [builder.node('MatMul', [value, weight]), builder.exact(`${name}.bias`)]);
}
