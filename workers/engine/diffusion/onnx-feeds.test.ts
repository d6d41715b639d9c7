import { describe, expect, it } from 'vitest';
import { dataAs, floatsOf, rowsOf, sidesAs, timestepSides } from './onnx-feeds.ts';

const end = (...shape: (number | string)[]) => ({ name: 'x', type: 'float32', shape });

describe('what a graph is given', () => {
  it('has the type that it asks for, whole numbers to the nearest', () => {
    const values = Float32Array.of(1.5, 320.6);
    expect(dataAs('float32', values)).toEqual({ type: 'float32', data: values });
    expect(dataAs('int64', values)).toEqual({ type: 'int64', data: BigInt64Array.of(2n, 321n) });
    expect(dataAs('int32', Int32Array.of(7))).toEqual({ type: 'int32', data: Int32Array.of(7) });
    expect(dataAs('float64', values)?.data).toEqual(Float64Array.from(values));
    expect(dataAs('float16', values)).toEqual({ type: 'float16', data: Uint16Array.of(0x3e00, 0x5d02) });
    expect(dataAs('string', values)).toBeNull();
  });

  it('fits sides that are named, and no others than those that are told', () => {
    expect(sidesAs(end('b', 4, 'h', 'w'), [2, 4, 8, 9])).toEqual([2, 4, 8, 9]);
    expect(sidesAs(end('b', 4, 64, 64), [2, 4, 8, 9])).toBeNull();
    expect(sidesAs(end('b', 4, -1), [2, 4, 8])).toEqual([2, 4, 8]);
    expect(sidesAs(end('b', 4), [2, 4, 8])).toBeNull();
  });

  it('has one timestep, or one a picture', () => {
    const sample = end('batch', 4, 'h', 'w');
    expect(timestepSides(end(), sample, 2)).toEqual([]);
    expect(timestepSides(end('batch'), sample, 2)).toEqual([2]);
    expect(timestepSides(end('steps'), sample, 2)).toEqual([1]);
    expect(timestepSides(end(2), sample, 2)).toEqual([2]);
    expect(timestepSides(end(1, 1), sample, 2)).toBeNull();
  });

  it('repeats its last row where the graph takes more', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(rowsOf(values, 3, 0, 3)).toBe(values);
    expect(rowsOf(values, 3, 1, 2)).toEqual(Float32Array.of(3, 4));
    expect(rowsOf(values, 3, 2, 4)).toEqual(Float32Array.of(5, 6, 5, 6));
    expect(rowsOf(Int32Array.of(9), 1, 0, 2)).toEqual(Int32Array.of(9, 9));
  });
});

it('widens what a graph gives in half precision, as bits or as numbers', () => {
  const halves = Uint16Array.of(0x3c00, 0xc000);
  expect(floatsOf('float16', halves)).toEqual(Float32Array.of(1, -2));
  expect(floatsOf('float32', Float32Array.of(3))).toEqual(Float32Array.of(3));
  expect(floatsOf('int64', BigInt64Array.of(1n))).toBeNull();
});
