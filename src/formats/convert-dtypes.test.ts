import { describe, expect, it } from 'vitest';
import { computable, singlesOf } from './convert-dtypes.ts';
import { tensorBytes } from './tensor-bytes.ts';
import type { Dtype, TensorTable } from './tensor-table.ts';

function tableOf(
  parts: readonly (readonly [string, Dtype, ArrayBufferView<ArrayBuffer>, number])[],
): TensorTable {
  let offset = 0;
  const tensors = new Map(
    parts.map(([name, dtype, data, values]) => {
      const entry = { name, dtype, shape: [values], offset, bytes: data.byteLength };
      offset += data.byteLength;
      return [name, entry] as const;
    }),
  );
  return { blob: new Blob(parts.map(([, , data]) => data)), tensors };
}

async function floats(table: TensorTable, name: string): Promise<number[]> {
  const entry = table.tensors.get(name);
  if (!entry) throw new Error(`No ${name}`);
  return [...new Float32Array((await tensorBytes(table, entry)).buffer)];
}

describe('computable', () => {
  it('leaves a table alone that needs nothing', async () => {
    const table = tableOf([['a', 'f32', Float32Array.of(1, 2), 2]]);
    expect(await computable(table)).toBe(table);
  });

  it('puts converted tensors behind the others, which stay in place', async () => {
    const many = 1 << 20; // one piece and a bit
    const table = tableOf([
      ['odd', 'u8', Uint8Array.of(1, 2, 3), 3],
      ['single', 'f32', new Uint8Array(Float32Array.of(5).buffer), 1],
      ['brain', 'bf16', Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0), 4],
      ['double', 'f64', Float64Array.of(0.1, -1e300), 2],
      ['large', 'bf16', new Uint16Array(many + 3).fill(0x4040), many + 3],
    ]);
    const result = await computable(table);
    expect(result.tensors.get('odd')).toEqual(table.tensors.get('odd'));
    expect([...result.tensors.keys()]).toEqual([...table.tensors.keys()]);
    expect(result.tensors.get('brain')).toMatchObject({ dtype: 'f32', bytes: 16, shape: [4] });
    expect((result.tensors.get('brain')?.offset ?? 1) % 64).toBe(0);
    expect(await floats(result, 'single')).toEqual([5]);
    expect(await floats(result, 'brain')).toEqual([1, -2, Infinity, 0]);
    expect(await floats(result, 'double')).toEqual([Math.fround(0.1), -Infinity]);
    const large = await floats(result, 'large');
    expect(large).toHaveLength(many + 3);
    expect(large.every((value) => value === 3)).toBe(true);
  });

  // Values from the OCP 8-bit Floating Point Specification, tables 1 and 2: zero, least, one, largest, and beyond.
  it.each([
    ['f8e4m3', [0x00, 0x01, 0x08, 0x38, 0xb8, 0x7e, 0x7f], [0, 2 ** -9, 2 ** -6, 1, -1, 448, NaN]],
    [
      'f8e5m2',
      [0x00, 0x01, 0x04, 0x3c, 0xbc, 0x7b, 0x7c, 0xfc, 0x7d],
      [0, 2 ** -16, 2 ** -14, 1, -1, 57344, Infinity, -Infinity, NaN],
    ],
  ] as const)('makes singles of %s', async (dtype, codes, values) => {
    const table = tableOf([['a', dtype, Uint8Array.from(codes), codes.length]]);
    expect(await floats(await computable(table), 'a')).toEqual([...values]);
  });
});

it.each([
  ['f32', Float32Array.of(1, -2.5), [1, -2.5]],
  ['f16', Uint16Array.of(0x3c00, 0xc000, 0x7c00), [1, -2, Infinity]],
  ['bf16', Uint16Array.of(0x3f80, 0xc000), [1, -2]],
  ['f64', Float64Array.of(0.1), [Math.fround(0.1)]],
] as const)('gives singles of %s', (dtype, data, values) => {
  expect([...(singlesOf(data.buffer, dtype) ?? [])]).toEqual([...values]);
  expect(singlesOf(data.buffer, 'i32')).toBeNull();
});
