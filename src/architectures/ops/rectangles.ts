/**
 * Maps [1, h, w, channels] cut into rectangles for attention, for any h and w that their sides divide, with a turn
 * of the whole map before it and the mask that goes with that. What depends on the picture's size
 * is made once a graph.
 */

import type { GraphBuilder } from '../graph-builder.ts';
import { slice } from './channels-last.ts';

export interface Rectangle {
  readonly height: number;
  readonly width: number;
}

const farthest = 2 ** 31 - 1;
/** Added to the logits of pixels that the turn brought together; as published. */
const apart = -100;

export class Rectangles {
  readonly #builder: GraphBuilder;
  readonly #height: string;
  readonly #width: string;
  readonly #batch: number;
  readonly #made = new Map<string, string>();

  /** `input` is the picture, [batch, channels, h, w]; with more than one, each goes by itself. */
  constructor(builder: GraphBuilder, input: string, batch = 1) {
    this.#builder = builder;
    this.#batch = batch;
    const shape = builder.node('Shape', [input]);
    this.#height = slice(builder, shape, 2, 3, 0);
    this.#width = slice(builder, shape, 3, 4, 0);
  }

  /** [1, channels, h, w] from any shape with as many values in that order. */
  map(value: string, channels: number): string {
    const shape = this.#once(`map ${channels}`, () =>
      this.#list([this.#builder.integers([1, channels]), this.#height, this.#width]),
    );
    return this.#builder.node('Reshape', [value, shape]);
  }

  /** [1, h, w, channels] from any shape with as many values in that order. */
  mapLast(value: string, channels: number): string {
    const whole = this.#once(`whole ${channels}`, () =>
      this.#list([
        this.#builder.integers([this.#batch, -1]),
        this.#width,
        this.#builder.integers([channels]),
      ]),
    );
    return this.#builder.node('Reshape', [value, whole]);
  }

  /** To [rectangles, pixels of one, channels]. */
  tokens(map: string, side: Rectangle, channels: number): string {
    return this.#fixed(this.#apart(map, side, channels), [-1, side.height * side.width, channels]);
  }

  /** The way back. */
  fromTokens(tokens: string, side: Rectangle, channels: number): string {
    const { height, width } = side;
    const split = this.#once(`split ${height} ${width} ${channels}`, () =>
      this.#list([-1, this.#across(width), this.#builder.integers([height, width, channels])]),
    );
    const laid = this.#swapped(this.#builder.node('Reshape', [tokens, split]));
    return this.mapLast(laid, channels);
  }

  /** The map moved up by `rows` and left by `columns` (down and right when negative), what leaves it coming in opposite. */
  turned(map: string, rows: number, columns: number): string {
    return this.#rolled(this.#rolled(map, rows, 1), columns, 2);
  }

  /**
   * What is added to the logits in rectangles of a map that was turned by half a rectangle: [rectangles, 1,
   * pixels, pixels], 0 for pixels that lie together in the picture too.
   */
  turnedMask(side: Rectangle): string {
    const { height, width } = side;
    return this.#once(`mask ${height} ${width}`, () => {
      const builder = this.#builder;
      const rows = this.#cameIn(this.#height, Math.floor(height / 2), [-1, 1]);
      const columns = this.#cameIn(this.#width, Math.floor(width / 2), [1, -1]);
      const region = builder.node('Add', [rows, builder.node('Mul', [columns, builder.floats([2])])]);
      const tokens = this.#apart(region, side, 1);
      const pixels = height * width;
      const together = builder.node('Equal', [
        this.#fixed(tokens, [-1, 1, 1, pixels]),
        this.#fixed(tokens, [-1, 1, pixels, 1]),
      ]);
      const mask = builder.node('Where', [together, builder.number(0), builder.number(apart)]);
      const all = Array.from({ length: this.#batch }, () => mask);
      return all.length === 1 ? mask : builder.node('Concat', all, { axis: { int: 0 } });
    });
  }

  /** 1 for the last `count` rows or columns, which a turn brings in from the other side; 0 for the others. */
  #cameIn(length: string, count: number, shape: readonly number[]): string {
    const builder = this.#builder;
    const scalar = (value: string): string => builder.node('Squeeze', [value, builder.integers([0])]);
    const [zero, one] = [scalar(builder.integers([0])), scalar(builder.integers([1]))];
    const places = builder.node('Range', [zero, scalar(length), one]);
    const first = builder.node('Sub', [length, builder.integers([count])]);
    const late = builder.cast(builder.node('GreaterOrEqual', [places, first]), 'f32');
    return this.#fixed(late, shape);
  }

  /** [rows, columns, height, width, channels], rows and columns counting rectangles. */
  #apart(map: string, { height, width }: Rectangle, channels: number): string {
    const shape = this.#once(`cut ${height} ${width} ${channels}`, () =>
      this.#list([
        this.#builder.integers([-1, height]),
        this.#across(width),
        this.#builder.integers([width, channels]),
      ]),
    );
    return this.#swapped(this.#builder.node('Reshape', [map, shape]));
  }

  #rolled(map: string, by: number, axis: number): string {
    if (by === 0) return map;
    const later = slice(this.#builder, map, by, farthest, axis);
    const earlier = slice(this.#builder, map, 0, by, axis);
    return this.#builder.node('Concat', [later, earlier], { axis: { int: axis } });
  }

  /** Rectangles beside one another, as a list of one. */
  #across(width: number): string {
    return this.#once(`across ${width}`, () =>
      this.#builder.node('Div', [this.#width, this.#builder.integers([width])]),
    );
  }

  #swapped(value: string): string {
    return this.#builder.node('Transpose', [value], { perm: { ints: [0, 2, 1, 3, 4] } });
  }

  #fixed(value: string, shape: readonly number[]): string {
    return this.#builder.node('Reshape', [value, this.#builder.integers(shape)]);
  }

  #list(parts: readonly (string | number)[]): string {
    const lists = parts.map((part) => (typeof part === 'number' ? this.#builder.integers([part]) : part));
    return this.#builder.node('Concat', lists, { axis: { int: 0 } });
  }

  #once(key: string, make: () => string): string {
    const value = this.#made.get(key) ?? make();
    this.#made.set(key, value);
    return value;
  }
}
