import { decode as fastPng } from 'fast-png';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../base/result.ts';
import { checkWhole } from '../picture-file.ts';
import { ColourCount, allOpaque } from './colours.ts';
import { crc32 } from './crc32.ts';
import { filterRow } from './filter.ts';
import { rowsInStrip, writePng, type PngSource } from './write.ts';

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

function sourceOf({ width, height, data }: Pixels, alpha: boolean): PngSource {
  return {
    width,
    height,
    alpha,
    depth: data instanceof Uint16Array ? 16 : 8,
    read: (y, rows) =>
      Promise.resolve(ok({ width, height: rows, data: data.slice(y * width * 4, (y + rows) * width * 4) })),
  };
}

async function write(pixels: Pixels, alpha: boolean): Promise<Uint8Array> {
  const file = await writePng(sourceOf(pixels, alpha));
  if (!file.ok) throw new Error(file.error.message);
  expect(file.value.type).toBe('image/png');
  return new Uint8Array(await file.value.arrayBuffer());
}

/** What the file must decode to: the samples, without every fourth when there is no alpha. */
function expected({ data }: Pixels, alpha: boolean): number[] {
  return [...data].filter((_, i) => alpha || i % 4 !== 3);
}

const pictures = fc
  .record({
    width: fc.integer({ min: 1, max: 37 }),
    height: fc.integer({ min: 1, max: 23 }),
    deep: fc.boolean(),
    smooth: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ width, height, deep, smooth, seed }): Pixels => {
    const data = deep ? new Uint16Array(width * height * 4) : new Uint8ClampedArray(width * height * 4);
    let state = seed;
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const noise = (state >>> 8) % (deep ? 65536 : 256);
      data[i] = smooth ? (i * 3) % 256 : noise;
      // Alpha is 0 or full in part of the picture: the colours below must stay.
      if (i % 4 === 3 && i % 3 !== 0) data[i] = i % 2 === 0 ? 0 : deep ? 65535 : 255;
    }
    return { width, height, data };
  });

describe('writePng', () => {
  it('writes files that an independent decoder reads back exactly, alpha straight', async () => {
    await fc.assert(
      fc.asyncProperty(pictures, fc.boolean(), async (pixels, alpha) => {
        const file = await write(pixels, alpha);
        expect(checkWhole('png', file)).toEqual({ ok: true, value: null });
        const decoded = fastPng(file, { checkCrc: true });
        expect([decoded.width, decoded.height, decoded.channels, decoded.depth]).toEqual([
          pixels.width,
          pixels.height,
          alpha ? 4 : 3,
          pixels.data instanceof Uint16Array ? 16 : 8,
        ]);
        expect([...decoded.data]).toEqual(expected(pixels, alpha));
      }),
      { numRuns: 150 },
    );
  });

  it('pulls strips from the top down, keeps the filters going across them and cuts the data into chunks', async () => {
    const [width, height] = [1000, 700];
    let state = 1;
    const data = new Uint8ClampedArray(width * height * 4).map(
      () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 24,
    );
    const asked: number[] = [];
    const source = sourceOf({ width, height, data }, true);
    const file = await writePng({
      ...source,
      read: (y, rows) => (asked.push(y, rows), source.read(y, rows)),
    });
    const strip = rowsInStrip(width);
    expect(strip).toBeLessThan(height);
    expect(asked).toEqual([0, strip, strip, strip, 2 * strip, height - 2 * strip]);
    const bytes = new Uint8Array(file.ok ? await file.value.arrayBuffer() : new ArrayBuffer(0));
    expect(new TextDecoder('latin1').decode(bytes).split('IDAT').length).toBeGreaterThan(3);
    const decoded = fastPng(bytes, { checkCrc: true }).data;
    expect(decoded.length).toBe(data.length);
    expect(decoded.every((byte, i) => byte === data[i])).toBe(true);
  });

  it('hands on a failure of its source', async () => {
    const broken = fail('worker-died', 'The engine stopped.');
    const source: PngSource = {
      width: 9,
      height: 9,
      depth: 8,
      alpha: true,
      read: () => Promise.resolve(broken),
    };
    expect(await writePng(source)).toEqual(broken);
  });

  it('refuses sides that PNG cannot hold, before any pixel is read', async () => {
    const read = (): never => {
      throw new Error('read');
    };
    for (const [width, height] of [
      [2 ** 31, 1],
      [1, 2 ** 31],
      [0, 5],
    ] as const) {
      const refused = await writePng({ width, height, depth: 8, alpha: true, read });
      expect(refused).toMatchObject({ ok: false, error: { code: 'output-too-large', detail: { width } } });
    }
  });
});

it('filterRow chooses what leaves little: up for a repeated row, sub for a ramp', () => {
  const out = new Uint8Array(31);
  const row = Uint8Array.from({ length: 30 }, (_, i) => 40 + ((i * 7919) % 151));
  filterRow(row, row, 3, out);
  expect([...out]).toEqual([2, ...new Array<number>(30).fill(0)]);
  filterRow(
    Uint8Array.from({ length: 30 }, (_, i) => i * 8),
    new Uint8Array(30),
    1,
    out,
  );
  expect(out[0]).toBe(1);
});

it('crc32 agrees with known values, in pieces too', () => {
  const text = new TextEncoder().encode('123456789');
  expect(crc32(text)).toBe(0xcbf43926);
  expect(crc32(text.subarray(4), crc32(text.subarray(0, 4)))).toBe(0xcbf43926);
  expect(crc32(new TextEncoder().encode('IEND'))).toBe(0xae426082);
});

describe('ColourCount', () => {
  const pixels = (colours: number): Uint8ClampedArray<ArrayBuffer> =>
    new Uint8ClampedArray(
      Uint32Array.from({ length: colours * 2 }, (_, i) => 0xff000000 + (i >> 1) * 0x01010101 + (i >> 9))
        .buffer,
    );

  it.each([1, 2, 255, 256])('counts %i colours', (colours) => {
    const count = new ColourCount();
    count.add(pixels(colours));
    count.add(pixels(colours));
    expect(count.colours).toBe(colours);
  });

  it('gives up beyond 256 and is settled once there is transparency too', () => {
    const count = new ColourCount();
    count.add(new Uint8ClampedArray(Uint32Array.from({ length: 257 }, (_, i) => 0xff000000 + i * 77).buffer));
    expect([count.colours, count.opaque, count.settled]).toEqual([null, true, false]);
    count.add(new Uint8ClampedArray([1, 2, 3, 254]));
    expect([count.opaque, count.settled]).toEqual([false, true]);
  });

  it('tells colours apart that differ in alpha only', () => {
    const count = new ColourCount();
    count.add(new Uint8ClampedArray([1, 2, 3, 0, 1, 2, 3, 1]));
    expect(count.colours).toBe(2);
  });
});

it('allOpaque looks at every pixel', () => {
  const data = new Uint8ClampedArray(400).fill(255);
  expect(allOpaque(data)).toBe(true);
  data[399] = 254;
  expect(allOpaque(data)).toBe(false);
});
