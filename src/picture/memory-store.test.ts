import { describe, expect, it } from 'vitest';
import { cropped } from './crop-store.ts';
import type { Rect, Size } from './geometry.ts';
import { MemoryStore } from './memory-store.ts';
import type { Depth, PixelBlock } from './pixel-store.ts';

function numbered({ width, height }: Size, depth: Depth): PixelBlock {
  const length = width * height * 4;
  const data = depth === 8 ? new Uint8ClampedArray(length) : new Uint16Array(length);
  return { width, height, data: data.map((_, i) => i) };
}

function made(depth: Depth = 8): MemoryStore {
  const store = MemoryStore.create({ width: 5, height: 4 }, depth);
  if (!store.ok) throw new Error(store.error.message);
  return store.value;
}

const all: Rect = { x: 0, y: 0, width: 5, height: 4 };

describe.each([8, 16] as const)('MemoryStore of %i bits', (depth) => {
  it('gives back what was written, whole rows and parts', async () => {
    const store = made(depth);
    await store.write(all, numbered(all, depth));
    expect(await store.read(all)).toEqual(numbered(all, depth));
    const rows = await store.read({ x: 0, y: 1, width: 5, height: 2 });
    expect([...rows.data]).toEqual([...numbered(all, depth).data].slice(20, 60));
    const part = await store.read({ x: 3, y: 1, width: 2, height: 2 });
    expect([...part.data]).toEqual([32, 33, 34, 35, 36, 37, 38, 39, 52, 53, 54, 55, 56, 57, 58, 59]);
  });

  it('writes a part and leaves the rest', async () => {
    const store = made(depth);
    const part = { x: 1, y: 2, width: 2, height: 2 };
    await store.write(part, { ...numbered(part, depth), data: numbered(part, depth).data.fill(9) });
    expect(await store.read(part)).toMatchObject({ width: 2, height: 2 });
    const { data } = await store.read(all);
    const written = [...data].flatMap((value, i) => (value === 9 ? [i] : []));
    expect(written).toEqual([44, 45, 46, 47, 48, 49, 50, 51, 64, 65, 66, 67, 68, 69, 70, 71]);
    expect(data.filter((value) => value !== 9).every((value) => value === 0)).toBe(true);
  });

  it('hands out copies', async () => {
    const store = made(depth);
    const { data } = await store.read(all);
    data.fill(7);
    expect((await store.read(all)).data[0]).toBe(0);
  });
});

describe('MemoryStore', () => {
  it('refuses rectangles that do not lie inside', () => {
    const store = made();
    for (const rect of [
      { x: -1, y: 0, width: 2, height: 2 },
      { x: 4, y: 0, width: 2, height: 1 },
      { x: 0, y: 3, width: 1, height: 2 },
      { x: 0, y: 0, width: 0, height: 1 },
      { x: 0.5, y: 0, width: 1, height: 1 },
    ]) {
      expect(() => store.read(rect)).toThrow(/does not lie inside/u);
    }
  });

  it('refuses blocks of another size or depth', () => {
    const store = made();
    expect(() => store.write({ ...all, height: 3 }, numbered(all, 8))).toThrow(/block/u);
    expect(() => store.write(all, numbered(all, 16))).toThrow(/8 bits/u);
  });

  it('gives its buffer away, and cannot be used afterwards', () => {
    const store = made(16);
    const buffer = store.take();
    expect(buffer.byteLength).toBe(160);
    expect(() => store.read(all)).toThrow(/released/u);
    expect(MemoryStore.over(all, 16, buffer).depth).toBe(16);
    expect(() => MemoryStore.over(all, 8, buffer)).toThrow(/160 bytes/u);
  });

  it('says with numbers when memory is not given', () => {
    const store = MemoryStore.create({ width: 2 ** 24, height: 2 ** 24 }, 16);
    expect(store).toMatchObject({
      ok: false,
      error: { code: 'out-of-memory', detail: { width: 2 ** 24, height: 2 ** 24, megabytes: 2 ** 31 } },
    });
    if (!store.ok) expect(store.error.message).toMatch(/16777216 × 16777216 .* 2147483648 MB/u);
  });
});

describe('cropped', () => {
  it('reads a part of the store as if it were all', async () => {
    const store = made();
    await store.write(all, numbered(all, 8));
    const view = cropped(store, { x: 1, y: 1, width: 3, height: 2 });
    expect([view.width, view.height, view.depth]).toEqual([3, 2, 8]);
    expect(await view.read({ x: 1, y: 1, width: 1, height: 1 })).toEqual(
      await store.read({ x: 2, y: 2, width: 1, height: 1 }),
    );
    expect(() => view.read({ x: 2, y: 0, width: 2, height: 1 })).toThrow(/outside the crop/u);
    expect(() => cropped(store, { x: 3, y: 0, width: 3, height: 1 })).toThrow(/does not lie inside/u);
  });

  it('is only for reading, and leaves the store alone when it is released', async () => {
    const store = made();
    const view = cropped(store, all);
    await expect(view.write(all, numbered(all, 8))).rejects.toThrow(/only for reading/u);
    await view.release();
    expect((await store.read(all)).width).toBe(5);
  });
});
