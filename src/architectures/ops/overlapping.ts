/**
 * Maps [batch, h, w, channels] cut into windows that reach over one another, for any h and w that the windows' step divides: beyond the
 * map are zeros (torch's unfold with a padding).
 */

import type { GraphBuilder } from '../graph-builder.ts';
import { slice } from './channels-last.ts';

const farthest = 2 ** 31 - 1;

/**
 * To [windows, outer * outer, channels]: one window of `outer` pixels a side for each square of `step` pixels a side, its middle over
 * the square's, in the order of `Rectangles.tokens`. `outer - step` is even, above 0, and at most `step`.
 */
export function overlappingTokens(
  builder: GraphBuilder,
  map: string,
  step: number,
  outer: number,
  channels: number,
): string {
  const shaped = (value: string, shape: readonly number[]): string =>
    builder.node('Reshape', [value, builder.integers(shape)]);
  // A window is a square of the map, moved up and left by the rim, and the first pixels of the next square.
  const before = (outer - step) / 2;
  const after = step - before;
  const wide = builder.node('Pad', [map, builder.integers([0, before, before, 0, 0, after, after, 0])]);
  const windows = (value: string, axis: number, squares: readonly number[], inner: number): string => {
    const square = shaped(slice(builder, value, 0, -step, axis), squares);
    const next = shaped(slice(builder, value, step, farthest, axis), squares);
    const rim = slice(builder, next, 0, outer - step, inner);
    return builder.node('Concat', [square, rim], { axis: { int: inner } });
  };
  // A 0 keeps the length that the value has there.
  const rows = windows(wide, 1, [-1, step, 0, 0], 1);
  const both = windows(rows, 2, [0, 0, -1, step, channels], 3);
  const laid = builder.node('Transpose', [both], { perm: { ints: [0, 2, 1, 3, 4] } });
  return shaped(laid, [-1, outer * outer, channels]);
}
