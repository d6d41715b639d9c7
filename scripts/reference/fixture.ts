/** The fixtures of `families.py`: a network's weights, the picture that was given to it, and what came out. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { canonical } from '../../src/architectures/registry.ts';
import { readSafetensors } from '../../src/formats/safetensors/reader.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { cropPlanes, planesOf } from '../models/planes.ts';
import type { Planes } from '../models/run.ts';

const folder = join(import.meta.dirname, 'families');

/** `<family>-<case>` of every fixture. */
export function fixtures(): string[] {
  return readdirSync(folder).flatMap((name) => (name.endsWith('.safetensors') ? [name.slice(0, -12)] : []));
}

/** The weights under the names that the registry knows. */
export async function fixtureTable(fixture: string): Promise<TensorTable> {
  const file = new Blob([readFileSync(join(folder, `${fixture}.safetensors`))]);
  const table = await readSafetensors(file);
  if (!table.ok) throw new Error(table.error.message);
  return canonical(table.value);
}

/** 48 x 40 pixels of `picture.png`. */
export function givenPicture(): Planes {
  const picture = planesOf(decode(readFileSync(join(import.meta.dirname, 'picture.png'))));
  return cropPlanes(picture, { x: 8, y: 4, width: 48, height: 40 });
}

/** Reflected over the right and lower edge up to the next multiple, as a tile at the picture's edge is. */
export function padded({ width, height, data }: Planes, multiple: number): Planes {
  const [w, h] = [width, height].map((side) => Math.ceil(side / multiple) * multiple) as [number, number];
  const mirror = (at: number, side: number): number => (at < side ? at : 2 * (side - 1) - at);
  const wide = new Float32Array(3 * w * h);
  for (let index = 0; index < wide.length; index++) {
    const [x, row] = [index % w, Math.floor(index / w)];
    const [y, channel] = [row % h, Math.floor(row / h)];
    wide[index] = data[(channel * height + mirror(y, height)) * width + mirror(x, width)] as number;
  }
  return { width: w, height: h, data: wide };
}

/** What came out: every n-th pixel of every n-th row, n chosen as `stride` in `families.py` does. */
export function expectedValues(fixture: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(join(folder, `${fixture}.f32`))).buffer);
}

/** The values of a larger output that the fixtures keep. */
export function keptValues({ width, data }: Planes, scale: number): Float32Array {
  const { width: given, height } = givenPicture();
  const [w, h] = [given * scale, height * scale];
  const rows = data.length / 3 / width;
  const step = scale === 1 ? 1 : scale % 2 === 1 ? 2 : 3;
  const kept: number[] = [];
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < h; y += step) {
      for (let x = 0; x < w; x += step) kept.push(data[(channel * rows + y) * width + x] as number);
    }
  }
  return Float32Array.from(kept);
}
