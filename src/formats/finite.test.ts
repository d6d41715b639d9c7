import { describe, expect, it } from 'vitest';
import { toHalfArray } from './float16.ts';
import { firstNotFinite } from './finite.ts';
import type { Dtype, TensorTable } from './tensor-table.ts';

function tableOf(dtype: Dtype, values: ArrayBufferView<ArrayBuffer>): TensorTable {
  const bytes = values.byteLength;
  const entry = { name: 'a', dtype, shape: [1], offset: 2, bytes };
  return { blob: new Blob([new Uint8Array(2), values]), tensors: new Map([['a', entry]]) };
}

describe('firstNotFinite', () => {
  const half = (value: number): Uint16Array<ArrayBuffer> => toHalfArray([1, value]);
  const brain = (value: number): Uint16Array<ArrayBuffer> =>
    Uint16Array.of(0x3f80, (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0) >>> 16);
  const single = (value: number): Float32Array<ArrayBuffer> =>
    new Float32Array(1_200_000).fill(1).with(1_199_999, value);

  it.each([
    ['f16', half],
    ['bf16', brain],
    ['f32', single],
  ] as const)('finds what is no number in %s', async (dtype, make) => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(await firstNotFinite(tableOf(dtype, make(value)), ['b', 'a'])).toBe('a');
    }
    for (const value of [0, -1, 60000, 1e-8]) {
      expect(await firstNotFinite(tableOf(dtype, make(value)), ['a'])).toBeNull();
    }
  });

  it('looks only at the tensors that are asked for', async () => {
    expect(await firstNotFinite(tableOf('f32', single(Number.NaN)), [])).toBeNull();
  });
});
