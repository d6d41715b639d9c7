/**
 * Maps cut into cells of a fixed side for attention, for any height and width that the side divides. Two cuts:
 * the pixels of a block lie together; a grid takes pixels that lie a cell apart. Shapes that depend on the picture are made once
 * a graph and used by all its layers.
 */

import type { GraphBuilder } from '../graph-builder.ts';

export type Cut = 'block' | 'grid';

export class Cells {
  readonly #builder: GraphBuilder;
  readonly #side: number;
  /** Lists of integers, known when the graph runs: [height, width], and [blocks beside one another]. */
  readonly size: string;
  readonly #across: string;
  readonly #shapes = new Map<string, string>();

  /** `input` has the height and width of all maps that will be cut: multiples of `side`. */
  constructor(builder: GraphBuilder, input: string, side: number) {
    this.#builder = builder;
    this.#side = side;
    const shape = builder.node('Shape', [input]);
    this.size = builder.node('Slice', [shape, builder.integers([2]), builder.integers([4])]);
    const width = builder.node('Slice', [this.size, builder.integers([1]), builder.integers([2])]);
    this.#across = builder.node('Div', [width, builder.integers([side])]);
  }

  /** [1, channels, h, w] to [cells, pixels of a cell, channels]. */
  tokens(map: string, channels: number, cut: Cut): string {
    const side = this.#side;
    const laid =
      cut === 'block'
        ? this.#turned(this.#blocks(map, channels), [1, 3, 2, 4, 0])
        : this.#turned(this.#reshaped(map, [channels, side, -1, side], []), [2, 4, 1, 3, 0]);
    return this.#fixed(laid, [-1, side * side, channels]);
  }

  /** The way back. */
  fromTokens(tokens: string, channels: number, cut: Cut): string {
    const side = this.#side;
    const laid = this.#reshaped(tokens, [-1], [side, side, channels]);
    return this.#map(this.#turned(laid, cut === 'block' ? [4, 0, 2, 1, 3] : [4, 2, 0, 3, 1]), channels);
  }

  /**
   * [1, parts * heads * depth, h, w] to [cells, parts, heads, depth, pixels] for attention between channels: a block's
   * cells are the blocks, a grid's are the places in a block, each with its pixel of every block.
   */
  channelTokens(map: string, [parts, heads, depth]: readonly [number, number, number], cut: Cut): string {
    const pixels = this.#side ** 2;
    const blocks = this.#blocks(map, parts * heads * depth);
    return cut === 'block'
      ? this.#fixed(this.#turned(blocks, [1, 3, 0, 2, 4]), [-1, parts, heads, depth, pixels])
      : this.#fixed(this.#turned(blocks, [2, 4, 0, 1, 3]), [pixels, parts, heads, depth, -1]);
  }

  /** The way back for [cells, heads, depth, pixels]. */
  fromChannelTokens(tokens: string, channels: number, cut: Cut): string {
    const side = this.#side;
    const laid =
      cut === 'block'
        ? this.#turned(this.#reshaped(tokens, [-1], [channels, side, side]), [2, 0, 3, 1, 4])
        : this.#turned(this.#reshaped(tokens, [side, side, channels, -1], []), [2, 3, 0, 4, 1]);
    return this.#map(laid, channels);
  }

  /** [channels, rows, side, columns, side], rows and columns counting blocks. */
  #blocks(map: string, channels: number): string {
    return this.#reshaped(map, [channels, -1, this.#side], [this.#side]);
  }

  #map(value: string, channels: number): string {
    const shape = this.#shape(`map ${channels}`, [this.#builder.integers([1, channels]), this.size]);
    return this.#builder.node('Reshape', [value, shape]);
  }

  /** To a shape with the count of blocks beside one another in the middle of it. */
  #reshaped(value: string, before: readonly number[], after: readonly number[]): string {
    const parts = [this.#builder.integers(before), this.#across];
    if (after.length > 0) parts.push(this.#builder.integers(after));
    return this.#builder.node('Reshape', [value, this.#shape(`${before.join()} ${after.join()}`, parts)]);
  }

  #fixed(value: string, shape: readonly number[]): string {
    return this.#builder.node('Reshape', [value, this.#builder.integers(shape)]);
  }

  #turned(value: string, perm: readonly number[]): string {
    return this.#builder.node('Transpose', [value], { perm: { ints: perm } });
  }

  #shape(key: string, parts: readonly string[]): string {
    const shape = this.#shapes.get(key) ?? this.#builder.node('Concat', parts, { axis: { int: 0 } });
    this.#shapes.set(key, shape);
    return shape;
  }
}
