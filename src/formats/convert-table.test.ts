import { describe, expect, it, vi } from 'vitest';
import { blobStore } from './appended-table.ts';
import { singlesOf } from './convert-dtypes.ts';
import { convertTable } from './convert-table.ts';
import { TableWriter } from './table-writer.ts';
import { tensorBytes } from './tensor-bytes.ts';
import type { TensorTable } from './tensor-table.ts';

async function floats(table: TensorTable, name: string): Promise<number[]> {
  const entry = table.tensors.get(name);
  const values = entry && singlesOf((await tensorBytes(table, entry)).buffer, entry.dtype);
  if (!values) throw new Error(`No floats ${name}`);
  return [...values];
}

function mixed(): TensorTable {
  const writer = new TableWriter();
  writer.add('single', 'f32', [3], Float32Array.of(1, -0.1, 1e-9));
  writer.add('half', 'f16', [2], Uint16Array.of(0x3c00, 0xc000));
  writer.add('brain', 'bf16', [2], Uint16Array.of(0x3f80, 0xc000));
  writer.add('double', 'f64', [1], Float64Array.of(0.1));
  writer.add('eight', 'f8e4m3', [2], Uint8Array.of(0x38, 0x7e));
  writer.add('ids', 'i64', [1], BigInt64Array.of(7n));
  return writer.finish();
}

describe('convertTable', () => {
  it('makes halves of all floats but halves', async () => {
    const table = mixed();
    const done = await convertTable(table, 'f16', table.tensors.keys(), blobStore());
    expect(done?.overflowing.size).toBe(0);
    const result = done?.table ?? table;
    expect([...result.tensors.values()].map(({ dtype }) => dtype)).toEqual([
      'f16',
      'f16',
      'f16',
      'f16',
      'f16',
      'i64',
    ]);
    for (const name of ['half', 'ids']) expect(result.tensors.get(name)).toEqual(table.tensors.get(name));
    expect(await floats(result, 'single')).toEqual([1, -0.0999755859375, 0]);
    expect(await floats(result, 'half')).toEqual([1, -2]);
    expect(await floats(result, 'brain')).toEqual([1, -2]);
    expect(await floats(result, 'double')).toEqual([0.0999755859375]);
    expect(await floats(result, 'eight')).toEqual([1, 448]);
  });

  it('makes singles of all floats but singles', async () => {
    const table = mixed();
    const done = await convertTable(table, 'f32', table.tensors.keys(), blobStore());
    const result = done?.table ?? table;
    expect(result.tensors.get('single')).toEqual(table.tensors.get('single'));
    expect(await floats(result, 'half')).toEqual([1, -2]);
    expect(await floats(result, 'double')).toEqual([Math.fround(0.1)]);
  });

  it('touches only what it is told, and nothing where nothing is to do', async () => {
    const table = mixed();
    const one = await convertTable(table, 'f16', ['brain', 'absent'], blobStore());
    expect(one?.table.tensors.get('single')).toEqual(table.tensors.get('single'));
    expect(one?.table.tensors.get('brain')?.dtype).toBe('f16');
    expect(await convertTable(table, 'f16', ['half', 'ids'], blobStore())).toEqual({
      table,
      overflowing: new Map(),
    });
  });

  it('keeps in fp32 what half precision cannot hold, and counts it', async () => {
    const writer = new TableWriter();
    const large = new Float32Array((1 << 20) + 5).fill(0.5);
    large[3] = 65520;
    large[1 << 20] = -1e10;
    writer.add('single', 'f32', [large.length], large);
    writer.add('brain', 'bf16', [2], Uint16Array.of(0x7149, 0x3f80));
    writer.add('infinite', 'f32', [2], Float32Array.of(Infinity, NaN));
    writer.add('most', 'f32', [1], Float32Array.of(65519));
    const table = writer.finish();
    const done = await convertTable(table, 'f16', table.tensors.keys(), blobStore());
    expect(done?.overflowing).toEqual(
      new Map([
        ['single', 2],
        ['brain', 1],
      ]),
    );
    const result = done?.table ?? table;
    expect(result.tensors.get('single')).toEqual(table.tensors.get('single'));
    expect(result.tensors.get('brain')?.dtype).toBe('f32');
    expect(await floats(result, 'brain')).toEqual([await floats(table, 'brain'), []].flat());
    expect(result.tensors.get('infinite')?.dtype).toBe('f16');
    expect(await floats(result, 'most')).toEqual([65504]);
  });

  it('ends when told so', async () => {
    const table = mixed();
    const told: number[] = [];
    const go = (done: number, total: number): boolean => {
      told.push(done, total);
      return done === 0;
    };
    expect(await convertTable(table, 'f16', table.tensors.keys(), blobStore(), go)).toBeNull();
    expect(told).toEqual([0, 26, 12, 26]);
  });

  it('reads beyond 4 GiB, a piece at a time', async () => {
    const count = (4 << 20) + 3;
    const offset = 2 ** 32 + 4096;
    const blob = new SparseBlob(offset + 4 * count, offset + 4 * count - 8, Float32Array.of(2.5, -3.5));
    const tensors = new Map([
      ['near', { name: 'near', dtype: 'f32', shape: [2], offset: 8, bytes: 8 }],
      ['far', { name: 'far', dtype: 'f32', shape: [count], offset, bytes: 4 * count }],
    ] as const);
    const store = blobStore();
    vi.stubGlobal('Blob', SmallBlob);
    const done = await convertTable({ blob, tensors }, 'f16', tensors.keys(), store);
    vi.unstubAllGlobals();
    const added = await store.finish();
    const far = done?.table.tensors.get('far');
    // Behind the whole file, and behind the other one.
    expect(far).toEqual({
      name: 'far',
      dtype: 'f16',
      shape: [count],
      offset: align(blob.size) + 64,
      bytes: 2 * count,
    });
    expect(blob.size + added.size).toBe((far?.offset ?? 0) + 2 * count);
    const last = new Uint16Array(await added.slice(added.size - 6).arrayBuffer());
    expect([...last]).toEqual([0, 0x4100, 0xc300]);
    expect(blob.most).toBeLessThanOrEqual(8 << 20);
  });
});

function align(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}

/** Node's Blobs end at 4 GiB; a browser's do not. */
class SmallBlob extends Blob {
  constructor(parts: BlobPart[] = []) {
    super(parts.filter((part) => !(part instanceof SparseBlob)));
  }
}

/** Zeros but for some values. */
class SparseBlob extends Blob {
  readonly #size: number;
  readonly #start: number;
  readonly #bytes: Uint8Array;
  /** Of the ranges that were asked for. */
  most = 0;

  constructor(size: number, start: number, values: Float32Array) {
    super();
    this.#size = size;
    this.#start = start;
    this.#bytes = new Uint8Array(values.buffer);
  }

  override get size(): number {
    return this.#size;
  }

  override slice(start = 0, end = this.#size): Blob {
    this.most = Math.max(this.most, end - start);
    const range = new Uint8Array(end - start);
    this.#bytes.forEach((byte, index) => {
      const at = this.#start + index - start;
      if (at >= 0 && at < range.length) range[at] = byte;
    });
    return new Blob([range]);
  }
}
