import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodecClient } from '../../src/clients/codec.ts';
import { readPictureHeader } from '../../src/formats/picture-file.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { SaveFormat } from '../../src/protocol/codec.ts';
import { FakeShelf } from './testing/fake-shelf.ts';

const codec = new CodecClient();
const shelf = new FakeShelf();

beforeAll(() => codec.connect(shelf.open()));
afterAll(() => codec.end());

function picture(
  width: number,
  height: number,
  pixel: (x: number, y: number) => readonly number[],
): PixelBlock {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(pixel(x, y), (y * width + x) * 4);
  return { width, height, data };
}

async function save(block: PixelBlock, format: SaveFormat, quality = 0.9): Promise<Blob> {
  shelf.pictures.set('result', block);
  const file = await codec.encode('result', { format, quality });
  if (!file.ok) throw new Error(`${file.error.code}: ${file.error.message}`);
  return file.value;
}

async function reopen(file: Blob): Promise<PixelBlock> {
  const decoded = await codec.decode(file, 'again', 1);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return shelf.picture('again');
}

const meanDifference = (a: PixelBlock, b: PixelBlock): number =>
  [...a.data].reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] ?? 0)), 0) / a.data.length;

const scrambled = (x: number, y: number): number => Math.imul(x * 4099 + y + 1, 0x9e3779b1) >>> 0;

describe('PNG', () => {
  it.each([
    [
      'RGBA of several strips',
      picture(900, 1300, (x, y) => [scrambled(x, y) & 255, x & 255, y & 255, (x * y) & 255]),
    ],
    ['RGB', picture(301, 203, (x, y) => [scrambled(x, y) & 255, x & 255, y & 255, 255])],
    ['a palette with alpha', picture(90, 70, (x, y) => [(x % 9) * 20, (y % 5) * 30, 7, (x % 3) * 100])],
    ['one pixel', picture(1, 1, () => [1, 2, 3, 0])],
  ])('gives back exactly %s', async (_, block) => {
    const file = await save(block, 'png');
    expect(file.type).toBe('image/png');
    const again = await reopen(file);
    expect([again.width, again.height]).toEqual([block.width, block.height]);
    expect(again.data.every((value, i) => value === block.data[i])).toBe(true);
  });

  it('uses a palette where few colours suffice', async () => {
    const few = await save(
      picture(200, 200, (x, y) => [(x >> 4) * 16, (y >> 4) * 16, 0, 255]),
      'png',
    );
    const bytes = new Uint8Array(await few.arrayBuffer());
    expect(bytes[25]).toBe(3);
  });
});

describe.each(['jpeg', 'webp'] as const)('%s', (format) => {
  const smooth = picture(333, 222, (x, y) => [x / 2, y, (x + y) / 3, 255]);

  it('gives back nearly the same, and quality counts', async () => {
    const file = await save(smooth, format, 0.95);
    expect(file.type).toBe(`image/${format}`);
    expect(meanDifference(await reopen(file), smooth)).toBeLessThan(2);
    const noisy = picture(200, 200, (x, y) => [scrambled(x, y) & 255, scrambled(y, x) & 255, 99, 255]);
    expect((await save(noisy, format, 0.2)).size).toBeLessThan((await save(noisy, format, 0.9)).size / 2);
  });

  it('refuses a picture beyond its sides, with numbers and the way out, before any pixel is read', async () => {
    const limits = await codec.limits(format);
    const most = format === 'jpeg' ? 65_500 : 16_383;
    expect(limits).toMatchObject({ ok: true, value: { side: most } });
    shelf.pictures.set(
      'long',
      picture(most + 1, 1, () => [1, 2, 3, 255]),
    );
    const before = shelf.reads;
    const refused = await codec.encode('long', { format, quality: 0.9 });
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'output-too-large', detail: { width: most + 1, side: most } },
    });
    expect(!refused.ok && refused.error.message).toMatch(/Save it as PNG, or choose a smaller size/);
    expect(shelf.reads).toBe(before);
    const longest = await save(
      picture(most, 1, (x) => [x & 255, 0, 0, 255]),
      format,
    );
    const header = readPictureHeader(format, new Uint8Array(await longest.arrayBuffer()));
    expect(header).toMatchObject({ ok: true, value: { width: most, height: 1 } });
  });
});

it('lays transparent pictures over white for JPEG', async () => {
  const file = await save(
    picture(64, 64, (x) => (x < 32 ? [200, 0, 0, 0] : [0, 0, 200, 255])),
    'jpeg',
    1,
  );
  const { data } = await reopen(file);
  expect([...data.slice(0, 3)].every((value) => value > 250)).toBe(true);
  const right = [...data.slice(63 * 4, 63 * 4 + 3)];
  expect(Math.abs((right[2] ?? 0) - 200)).toBeLessThan(6);
});

it('keeps transparency in WebP', async () => {
  const file = await save(
    picture(64, 64, (x) => (x < 32 ? [200, 0, 0, 0] : [0, 0, 200, 128])),
    'webp',
    0.9,
  );
  const { data } = await reopen(file);
  expect([data[3], data[63 * 4 + 3]]).toEqual([0, 128]);
});

it('saves pictures of 16 bits a sample in every format', async () => {
  const { width, height, data } = picture(40, 30, (x, y) => [x * 6, y * 8, 50, 255]);
  const deep = { width, height, data: Uint16Array.from(data, (value) => value * 257) };
  for (const format of ['png', 'jpeg', 'webp'] as const) {
    expect(
      meanDifference(await reopen(await save(deep, format, 0.95)), { width, height, data }),
    ).toBeLessThan(3);
  }
});

it('says so when the picture is not on the shelf', async () => {
  expect(await codec.encode('nothing', { format: 'png', quality: 1 })).toMatchObject({
    ok: false,
    error: { code: 'internal' },
  });
});

it('gives sane limits for PNG', async () => {
  expect(await codec.limits('png')).toEqual({ ok: true, value: { side: 2 ** 31 - 1, pixels: 2 ** 29 } });
});

describe('restart', () => {
  it('calls onRestart for every new worker but the first, and waits for the new port', async () => {
    const other = new FakeShelf();
    other.pictures.set(
      'a',
      picture(8, 8, () => [1, 2, 3, 255]),
    );
    let restarts = 0;
    const client: CodecClient = new CodecClient({
      onRestart: () => {
        restarts++;
        void client.connect(other.open());
      },
    });
    await client.connect(other.open());
    expect((await client.encode('a', { format: 'png', quality: 1 })).ok).toBe(true);
    const underWay = client.encode('a', { format: 'png', quality: 1 });
    client.end();
    expect(await underWay).toMatchObject({ ok: false, error: { code: 'worker-died' } });
    expect(restarts).toBe(0);
    expect((await client.encode('a', { format: 'png', quality: 1 })).ok).toBe(true);
    expect(restarts).toBe(1);
    client.end();
  });
});
