/** Builds PNG files of every kind for tests: any colour type and depth, interlaced or not, unfiltered. */

import { crc32 } from '../../../src/formats/png/crc32.ts';
import { PNG_SIGNATURE } from '../../../src/formats/png/structure.ts';

export interface PngPlan {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colourType: 0 | 2 | 3 | 4 | 6;
  readonly interlaced?: boolean;
  /** Further chunks before the data, such as PLTE and tRNS. */
  readonly chunks?: readonly (readonly [name: string, data: Uint8Array<ArrayBuffer>])[];
  /** The samples of a pixel, as many as the colour type has. */
  readonly sample: (x: number, y: number) => readonly number[];
}

/** First column and row, and the steps, of the seven passes of interlacing. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

export async function buildPng(plan: PngPlan): Promise<Blob> {
  const { width, height, depth, colourType, interlaced = false, chunks = [] } = plan;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8);
  const passes = interlaced ? PASSES : ([[0, 0, 1, 1]] as const);
  const raw: number[] = [];
  for (const [x0, y0, stepX, stepY] of passes) {
    for (let y = y0; y < height && x0 < width; y += stepY) raw.push(0, ...packRow(plan, x0, stepX, y));
  }
  const packed = new Blob([new Uint8Array(raw)]).stream().pipeThrough(new CompressionStream('deflate'));
  const data = new Uint8Array(await new Response(packed).arrayBuffer());
  const parts = [['IHDR', header], ...chunks, ['IDAT', data], ['IEND', new Uint8Array(0)]] as const;
  return new Blob([PNG_SIGNATURE, ...parts.flatMap(([name, bytes]) => chunk(name, bytes))]);
}

function packRow({ width, depth, sample }: PngPlan, x0: number, stepX: number, y: number): number[] {
  const bytes: number[] = [];
  let pending = 0;
  let bits = 0;
  for (let x = x0; x < width; x += stepX) {
    for (const value of sample(x, y)) {
      if (depth === 16) bytes.push(value >> 8, value & 255);
      else {
        pending = (pending << depth) | value;
        bits += depth;
        if (bits === 8) {
          bytes.push(pending);
          [pending, bits] = [0, 0];
        }
      }
    }
  }
  if (bits > 0) bytes.push(pending << (8 - bits));
  return bytes;
}

function chunk(name: string, data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const named = new Uint8Array([...name].map((character) => character.charCodeAt(0)));
  const body = new Uint8Array([...named, ...data]);
  const numbers = new DataView(new ArrayBuffer(8));
  numbers.setUint32(0, data.length);
  numbers.setUint32(4, crc32(body));
  return [new Uint8Array(numbers.buffer, 0, 4), body, new Uint8Array(numbers.buffer, 4, 4)];
}
