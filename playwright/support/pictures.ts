/** The stories' pictures: small parts of one photo, as files, and their pixels. */

import { readFileSync } from 'node:fs';
import { decode, encode } from 'fast-png';

export interface PictureFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Reads a PNG of 8 bits a sample. */
export function readPng(file: Uint8Array): Pixels {
  const { width, height, channels, depth, data } = decode(file);
  if (depth !== 8 || !(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new Error(`A PNG of 8 bits was expected, this one has ${depth}.`);
  }
  return { width, height, channels, data: new Uint8Array(data) };
}

const coffee = readPng(readFileSync(new URL('../pictures/coffee.png', import.meta.url)));

/** The middle of the photo; `offset` moves it, so that several pictures differ. */
export function crop(width: number, height: number, offset = 0): Pixels {
  const left = Math.floor((coffee.width - width) / 2) + offset;
  const top = Math.floor((coffee.height - height) / 2);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * coffee.width + left) * 3;
    data.set(coffee.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height, channels: 3, data };
}

/** The whole photo, repeated to any size. */
export function repeated(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = (y % coffee.height) * coffee.width * 3;
    for (let x = 0; x < width; x += coffee.width) {
      const pixels = Math.min(coffee.width, width - x);
      data.set(coffee.data.subarray(row, row + pixels * 3), (y * width + x) * 3);
    }
  }
  return { width, height, channels: 3, data };
}

export function pngFile(name: string, { width, height, channels, data }: Pixels): PictureFile {
  const buffer = Buffer.from(encode({ width, height, channels, data, depth: 8 }));
  return { name, mimeType: 'image/png', buffer };
}

/** Of `photo`, and of four times of it. */
export const photoSize = { width: 48, height: 32 } as const;
export const enlargedSize = { width: 192, height: 128 } as const;

/** A small photo that is enlarged in a moment. */
export function photo(name = 'photo.png', offset = 0): PictureFile {
  return pngFile(name, crop(photoSize.width, photoSize.height, offset));
}
