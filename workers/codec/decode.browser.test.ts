import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodecClient } from '../../src/clients/codec.ts';
import type { DecodedPicture } from '../../src/protocol/codec.ts';
import { readJpegHeader } from '../../src/formats/jpeg/structure.ts';
import { sampleNames, samplePicture } from '../../src/formats/testing/sample-pictures.ts';
import { placeTile } from './orient.ts';
import { buildPng, type PngPlan } from './testing/build-png.ts';
import { FakeShelf } from './testing/fake-shelf.ts';

const codec = new CodecClient();
const shelf = new FakeShelf();
let pictures = 0;

beforeAll(() => codec.connect(shelf.open()));
afterAll(() => codec.end());

interface Opened extends DecodedPicture {
  readonly pixels: Uint8ClampedArray;
}

async function decode(file: Blob, previewPixels = 1_000_000): Promise<Opened> {
  const id = `picture-${pictures++}`;
  const decoded = await codec.decode(file, id, previewPixels);
  if (!decoded.ok) throw new Error(`${decoded.error.code}: ${decoded.error.message}`);
  const block = shelf.picture(id);
  expect([block.width, block.height]).toEqual([decoded.value.width, decoded.value.height]);
  return { ...decoded.value, pixels: new Uint8ClampedArray(block.data) };
}

/** Deterministic noise, 0 to `most`. */
const noise = (x: number, y: number, channel: number, most = 255): number =>
  (Math.imul((x * 8191 + y) * 4 + channel + 1, 0x9e3779b1) >>> 8) % (most + 1);

/** Alpha takes every value, and 0 and 255 often. */
const alpha = (x: number, y: number): number => (y % 3 === 0 ? (x % 2) * 255 : (x + y * 5) & 255);

function expectPixels(
  actual: Uint8ClampedArray,
  width: number,
  height: number,
  pixel: (x: number, y: number) => readonly number[],
): void {
  expect(actual.length).toBe(width * height * 4);
  let wrong = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixel(x, y).forEach((value, c) => (wrong += actual[(y * width + x) * 4 + c] === value ? 0 : 1));
    }
  }
  expect(wrong).toBe(0);
}

describe('PNG comes back bit by bit, straight alpha included', () => {
  const rgba = (x: number, y: number): number[] => [
    noise(x, y, 0),
    noise(x, y, 1),
    noise(x, y, 2),
    alpha(x, y),
  ];
  const palette = new Uint8Array(256 * 3).map((_, i) => noise(i, 0, 7));
  const transparency = new Uint8Array(200).map((_, i) => (i * 13) & 255);
  const indexed = (index: number): number[] => [
    ...[0, 1, 2].map((c) => palette[index * 3 + c] ?? 0),
    transparency[index] ?? 255,
  ];
  type Case = readonly [name: string, plan: Omit<PngPlan, 'width' | 'height'>, pixel: PngPlan['sample']];
  const cases: readonly Case[] = [
    ['RGBA', { depth: 8, colourType: 6, sample: rgba }, rgba],
    ['interlaced RGBA', { depth: 8, colourType: 6, interlaced: true, sample: rgba }, rgba],
    [
      'grey and alpha',
      { depth: 8, colourType: 4, sample: (x, y) => [noise(x, y, 0), alpha(x, y)] },
      (x, y) => [noise(x, y, 0), noise(x, y, 0), noise(x, y, 0), alpha(x, y)],
    ],
    [
      'palette with tRNS',
      {
        depth: 8,
        colourType: 3,
        sample: (x, y) => [noise(x, y, 0)],
        chunks: [
          ['PLTE', palette],
          ['tRNS', transparency],
        ],
      },
      (x, y) => indexed(noise(x, y, 0)),
    ],
    [
      'interlaced palette of 4 bits',
      {
        depth: 4,
        colourType: 3,
        interlaced: true,
        sample: (x, y) => [noise(x, y, 0, 15)],
        chunks: [
          ['PLTE', palette.slice(0, 48)],
          ['tRNS', transparency.slice(0, 16)],
        ],
      },
      (x, y) => indexed(noise(x, y, 0, 15)),
    ],
    [
      '16-bit RGBA, its high bytes',
      {
        depth: 16,
        colourType: 6,
        sample: (x, y) => rgba(x, y).map((value, c) => value * 256 + noise(x, y, c + 9)),
      },
      rgba,
    ],
    [
      'RGB',
      { depth: 8, colourType: 2, sample: (x, y) => rgba(x, y).slice(0, 3) },
      (x, y) => [...rgba(x, y).slice(0, 3), 255],
    ],
    [
      'grey of 1 bit',
      { depth: 1, colourType: 0, sample: (x, y) => [noise(x, y, 0, 1)] },
      (x, y) => [...[0, 0, 0].map(() => noise(x, y, 0, 1) * 255), 255],
    ],
  ];

  it.each(cases)('%s', async (_, plan, pixel) => {
    for (const [width, height] of [
      [131, 77],
      [1, 1],
      [3, 2],
    ] as const) {
      const { pixels, ...decoded } = await decode(await buildPng({ ...plan, width, height }));
      expect(decoded.format).toBe('png');
      expectPixels(pixels, width, height, pixel);
      let opaque = true;
      for (let i = 3; i < pixels.length; i += 4) opaque &&= pixels[i] === 255;
      expect(decoded.opaque).toBe(opaque);
    }
  });

  it('larger than one tile in both directions', async () => {
    const [width, height] = [2100, 2060];
    const { pixels } = await decode(await buildPng({ depth: 8, colourType: 6, sample: rgba, width, height }));
    expectPixels(pixels, width, height, rgba);
  });
});

describe('orientation', () => {
  const [width, height] = [48, 32];
  const upright = new Uint32Array(width * height);
  const bytes = new Uint8ClampedArray(upright.buffer);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      bytes.set([x * 5, y * 7, x < 20 && y < 10 ? 255 : 0, 255], (y * width + x) * 4);
  }
  // Orientation 6 undoes what 8 does; all the others undo themselves.
  const inverse = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6 } as const;

  function storedAs(orientation: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8): ImageData {
    const swapped = orientation >= 5;
    const size = swapped ? { width: height, height: width } : { width, height };
    const stored = new Uint32Array(upright.length);
    placeTile(upright, { x: 0, y: 0, width, height }, { width, height }, inverse[orientation], stored);
    return new ImageData(new Uint8ClampedArray(stored.buffer), size.width, size.height);
  }

  function tiff(orientation: number): Uint8Array<ArrayBuffer> {
    const entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    return new Uint8Array([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0]);
  }

  async function jpegTurned(orientation: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8): Promise<Blob> {
    const image = storedAs(orientation);
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    const file = await canvas.convertToBlob({ type: 'image/jpeg', quality: 1 });
    const exif = tiff(orientation);
    const segment = new Uint8Array([0xff, 0xe1, 0, exif.length + 8, 0x45, 0x78, 0x69, 0x66, 0, 0, ...exif]);
    return new Blob([file.slice(0, 2), segment, file.slice(2)]);
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8] as const)(
    '%i of a JPEG is applied to the pixels, the preview and the size',
    async (orientation) => {
      const file = await jpegTurned(orientation);
      expect(await codec.inspect(file)).toEqual({ ok: true, value: { format: 'jpeg', width, height } });
      const decoded = await decode(file);
      expect([decoded.width, decoded.height]).toEqual([width, height]);
      const distance = (pixels: Uint8ClampedArray): number =>
        pixels.reduce((sum, value, i) => sum + Math.abs(value - (bytes[i] ?? 0)), 0) / pixels.length;
      // JPEG alone costs about 2 at the blue patch's edges; another orientation costs more than 30.
      expect(distance(decoded.pixels)).toBeLessThan(4);
      expect(distance(readBitmap(decoded.preview))).toBeLessThan(4);
      const small = await codec.thumbnail(file, 24);
      expect(small.ok && [small.value.width, small.value.height]).toEqual([24, 16]);
    },
  );

  it.each([1, 3, 6, 8] as const)('%i of a PNG is applied exactly', async (orientation) => {
    const image = storedAs(orientation);
    const file = await buildPng({
      width: image.width,
      height: image.height,
      depth: 8,
      colourType: 6,
      chunks: [['eXIf', tiff(orientation)]],
      sample: (x, y) => [...image.data.slice((y * image.width + x) * 4, (y * image.width + x) * 4 + 4)],
    });
    const { pixels } = await decode(file);
    expect(pixels).toEqual(bytes);
  });
});

describe('every format', () => {
  it.each(sampleNames)('decodes %s', async (name) => {
    const file = new Blob([samplePicture(name)]);
    const info = await codec.inspect(file);
    const decoded = await decode(file);
    expect(info).toEqual({
      ok: true,
      value: { format: decoded.format, width: decoded.width, height: decoded.height },
    });
    const turned =
      name === 'webpTurned' ||
      name === 'pngTurned' ||
      name === 'jpegProgressiveTurned' ||
      name === 'avifTurned';
    if (name !== 'bmp' && name !== 'ico') {
      expect([decoded.width, decoded.height]).toEqual(turned ? [12, 20] : [20, 12]);
    }
    expect(decoded.pixels.some((value, i) => i % 4 === 0 && value > 100)).toBe(true);
  });

  it('gives lossless WebP exactly, alpha straight', async () => {
    const { pixels } = await decode(new Blob([samplePicture('webpLossless')]));
    // Row 3 holds (10 x, 255 - 10 x, x, 255 - x) modulo 256; all others are (200, 40, 80, 120).
    expectPixels(pixels, 20, 12, (x, y) =>
      y === 3 ? [x * 10, 255 - x * 10, x, 255 - x] : [200, 40, 80, 120],
    );
  });
});

describe('previews', () => {
  it('stay within the pixels that were asked for', async () => {
    const file = await buildPng({
      width: 300,
      height: 200,
      depth: 8,
      colourType: 2,
      sample: () => [9, 90, 200],
    });
    for (const [pixels, size] of [
      [15_000, [150, 100]],
      [1, [1, 1]],
      [60_000, [300, 200]],
    ] as const) {
      const { preview } = await decode(file, pixels);
      expect([preview.width, preview.height]).toEqual(size);
      expect([...readBitmap(preview).slice(0, 4)]).toEqual([9, 90, 200, 255]);
    }
  });

  it('do not bleed colours from under transparent pixels', async () => {
    const sample = (x: number): number[] => (x < 33 ? [255, 0, 0, 255] : [0, 255, 0, 0]);
    const file = await buildPng({ width: 64, height: 64, depth: 8, colourType: 6, sample });
    const { preview } = await decode(file, 100);
    const pixels = readBitmap(preview);
    for (let i = 0; i < pixels.length; i += 4) expect(pixels[i + 1]).toBeLessThan(8);
  });
});

describe('bad input', () => {
  const codeOf = async (file: Blob): Promise<string> => {
    const [decoded, thumbnail] = [await codec.decode(file, 'bad', 100), await codec.thumbnail(file, 10)];
    expect(shelf.pictures.has('bad')).toBe(false);
    if (decoded.ok || thumbnail.ok) return 'none';
    expect(decoded.error.message).toMatch(/\.$/);
    expect(thumbnail.error.code).toBe(decoded.error.code);
    return decoded.error.code;
  };

  it('is refused with a code each', async () => {
    expect(await codeOf(new Blob([]))).toBe('picture-empty');
    expect(await codeOf(new Blob(['<html><body>not found']))).toBe('picture-unknown');
    expect(await codeOf(new Blob(['II*\0\x08\0\0\0']))).toBe('picture-unknown');
    expect(await codeOf(new Blob([samplePicture('jpeg').slice(0, -20)]))).toBe('picture-corrupt');
    expect(await codeOf(new Blob([samplePicture('png').slice(0, -20)]))).toBe('picture-corrupt');
    expect(await codeOf(new Blob([samplePicture('webpAlpha').slice(0, -20)]))).toBe('picture-corrupt');
    expect(await codeOf(new Blob([samplePicture('avif').slice(0, -20)]))).toBe('picture-corrupt');
  });

  it('with the right structure and broken content is found by the decoder', async () => {
    const jpeg = samplePicture('jpeg');
    // Huffman tables that make no sense.
    const table = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc4);
    jpeg.fill(0xee, table + 5, table + 60);
    expect(await codeOf(new Blob([jpeg]))).toBe('picture-corrupt');
    const short = await buildPng({
      width: 40,
      height: 40,
      depth: 8,
      colourType: 6,
      sample: () => [1, 2, 3, 4],
    });
    const taller = new Uint8Array(await short.arrayBuffer());
    new DataView(taller.buffer).setUint32(20, 400);
    expect(await codeOf(new Blob([taller]))).toBe('picture-corrupt');
  });

  it('takes bytes behind the end of a JPEG', async () => {
    const { width, height } = await decode(new Blob([samplePicture('jpeg'), 'anything at all']));
    expect([width, height]).toEqual([20, 12]);
  });

  it('leaves the codec working', async () => {
    expect(readJpegHeader(samplePicture('jpeg'))?.width).toBe(20);
    expect((await decode(new Blob([samplePicture('gif')]))).format).toBe('gif');
  });
});

function readBitmap(bitmap: ImageBitmap): Uint8ClampedArray {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context?.drawImage(bitmap, 0, 0);
  return context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
}
