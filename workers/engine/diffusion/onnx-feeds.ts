/** From values as refining has them to tensors as a ready-made graph wants them, and back: types, ranks and fixed sides. */

import { fromHalfArray, toHalfArray } from '../../../src/formats/float16.ts';
import type { Values } from './part-session.ts';

/** Of an end, as a session tells it; a string names a side that is free. */
export interface EndMetadata {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export type TensorData =
  | { readonly type: 'float32'; readonly data: Float32Array<ArrayBuffer> }
  | { readonly type: 'float16'; readonly data: Uint16Array<ArrayBuffer> }
  | { readonly type: 'float64'; readonly data: Float64Array<ArrayBuffer> }
  | { readonly type: 'int32'; readonly data: Int32Array<ArrayBuffer> }
  | { readonly type: 'int64'; readonly data: BigInt64Array<ArrayBuffer> };

/** Whole numbers are the nearest. Null for a type that no such graph has. */
export function dataAs(type: string, values: Values): TensorData | null {
  switch (type) {
    case 'float32':
      return { type, data: Float32Array.from(values) };
    case 'float16':
      return { type, data: toHalfArray(values) };
    case 'float64':
      return { type, data: Float64Array.from(values) };
    case 'int32':
      return { type, data: Int32Array.from(values, Math.round) };
    case 'int64':
      return { type, data: BigInt64Array.from(values, (value) => BigInt(Math.round(value))) };
    default:
      return null;
  }
}

/** What a session gave, as fp32; null for another type. */
export function floatsOf(type: string, data: unknown): Float32Array<ArrayBuffer> | null {
  if (!ArrayBuffer.isView(data)) return null;
  // A `Float16Array` where the browser has one.
  const { buffer, byteOffset, byteLength } = data;
  if (type === 'float16') return fromHalfArray(new Uint16Array(buffer, byteOffset, byteLength / 2));
  return data instanceof Float32Array ? new Float32Array(data) : null;
}

/** `wanted` where the end leaves its sides free; null where it has others or another rank. */
export function sidesAs({ shape }: EndMetadata, wanted: readonly number[]): readonly number[] | null {
  if (shape.length !== wanted.length) return null;
  return shape.every((side, axis) => typeof side === 'string' || side <= 0 || side === wanted[axis])
    ? wanted
    : null;
}

/** Of the timestep: nothing for a plain number; as many as the end says, or as the batch has where it is named alike. */
export function timestepSides(
  timestep: EndMetadata,
  sample: EndMetadata | undefined,
  batch: number,
): readonly number[] | null {
  const [side, second] = timestep.shape;
  if (second !== undefined) return null;
  if (side === undefined) return [];
  if (typeof side === 'number' && side > 0) return [side];
  return [side === sample?.shape[0] ? batch : 1];
}

/** Rows `from` to before `to` of values of equal rows, the last one again where there are fewer. */
export function rowsOf(values: Values, rows: number, from: number, to: number): Values {
  const length = values.length / rows;
  if (from === 0 && to === rows) return values;
  const count = (to - from) * length;
  const taken = values instanceof Float32Array ? new Float32Array(count) : new Int32Array(count);
  for (let row = from; row < to; row++) {
    const source = Math.min(row, rows - 1);
    taken.set(values.subarray(source * length, (source + 1) * length), (row - from) * length);
  }
  return taken;
}
