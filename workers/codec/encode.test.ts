import { decode as fastPng } from 'fast-png';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../src/base/result.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { eightBits, layOverWhite } from './encode-canvas.ts';
import { encodePng } from './encode-png.ts';
import { Strips } from './strips.ts';
import { decodePng } from './upng.ts';

function stripsOf({ width, height, data }: PixelBlock): Strips {
  return new Strips(
    {
      read: (_, rect) => {
        const rows = data.slice(rect.y * width * 4, (rect.y + rect.height) * width * 4);
        return Promise.resolve(ok({ width, height: rect.height, data: rows }));
      },
    },
    'picture',
    { width, height },
  );
}

async function encoded(picture: PixelBlock): Promise<{ file: Blob; bytes: Uint8Array }> {
  const file = await encodePng(stripsOf(picture));
  if (!file.ok) throw new Error(file.error.message);
  return { file: file.value, bytes: new Uint8Array(await file.value.arrayBuffer()) };
}

/** Colour type and depth, from the header. */
const form = (bytes: Uint8Array): (number | undefined)[] => [bytes[25], bytes[24]];

/** A picture of `colours` colours, alpha straight and of all sorts unless opaque. */
function picture(width: number, height: number, colours: number, opaque: boolean): PixelBlock {
  const words = Uint32Array.from({ length: width * height }, (_, i) => {
    const colour = (i * 7) % colours;
    const value = Math.imul(colour + 1, 0x01a3c5e7) >>> 0;
    return opaque ? (value | 0xff000000) >>> 0 : value;
  });
  return { width, height, data: new Uint8ClampedArray(words.buffer) };
}

describe('encodePng', () => {
  it('is lossless for any size and number of colours, by two independent decoders', async () => {
    const side = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        async (w, h, colours, opaque) => {
          const original = picture(w, h, colours, opaque);
          const { file, bytes } = await encoded(original);
          const byUpng = await decodePng(file, original);
          expect(byUpng && new Uint8ClampedArray(byUpng.buffer)).toEqual(original.data);
          if (bytes[25] !== 3) {
            const channels = bytes[25] === 2 ? 3 : 4;
            expect([...fastPng(bytes).data]).toEqual(
              [...original.data].filter((_, i) => channels === 4 || i % 4 !== 3),
            );
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  it.each([
    ['2 colours in too few pixels for the palette encoder', picture(2, 1, 2, true), 2],
    ['2 colours', picture(30, 20, 2, true), 3],
    ['200 colours with alpha', picture(30, 20, 200, false), 3],
    ['300 colours', picture(30, 20, 300, true), 2],
    ['300 colours with alpha', picture(30, 20, 300, false), 6],
  ])('chooses the form that %s need', async (_, original, colourType) => {
    expect(form((await encoded(original)).bytes)[0]).toBe(colourType);
  });

  it('is lossless with exactly 256 colours', async () => {
    const original = picture(40, 40, 256, true);
    const { file } = await encoded(original);
    const decoded = await decodePng(file, original);
    expect(decoded && new Uint8ClampedArray(decoded.buffer)).toEqual(original.data);
  });

  it('keeps 16 bits a sample', async () => {
    const data = Uint16Array.from({ length: 9 * 5 * 4 }, (_, i) => Math.imul(i, 40_503) & 0xffff);
    const clear = await encoded({ width: 9, height: 5, data });
    expect(form(clear.bytes)).toEqual([6, 16]);
    expect([...fastPng(clear.bytes).data]).toEqual([...data]);
    const opaque = await encoded({
      width: 9,
      height: 5,
      data: data.map((v, i) => (i % 4 === 3 ? 65_535 : v)),
    });
    expect(form(opaque.bytes)).toEqual([2, 16]);
  });

  it('hands on what the shelf says', async () => {
    const lost = fail('worker-died', 'Gone.');
    const strips = new Strips({ read: () => Promise.resolve(lost) }, 'a', { width: 5, height: 5 });
    expect(await encodePng(strips)).toEqual(lost);
  });
});

it('eightBits rounds to the nearest', () => {
  const data = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const rounded = eightBits({ data });
  expect(data.every((value, i) => rounded[i] === Math.round(value / 257))).toBe(true);
});

it('layOverWhite composes straight colours over white', () => {
  const data = new Uint8ClampedArray([10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128]);
  layOverWhite(data);
  expect([...data]).toEqual([10, 20, 30, 255, 255, 255, 255, 255, 127, 177, 255, 255]);
});
