/**
 * The noise of one picture: as many draws as its sampler asks for, each a whole latent map, of
 * which a tile reads its own rectangle. So noise knows nothing of tiles or of their order.
 */

import { invariant } from '../../base/assert.ts';
import { philoxNormals } from './philox.ts';
import { TorchCpuGenerator } from './torch-cpu.ts';

/** In latent pixels. */
export interface LatentShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A rectangle in latent pixels, inside its map. */
export interface LatentArea {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface NoiseField {
  readonly shape: LatentShape;
  /**
   * Standard normal values [channels, height, width] of draw number `number`: 0 is what the picture
   * starts from, 1 and up what a sampler adds on its way, in order.
   * @param area all of the map when absent
   */
  draw(number: number, area?: LatentArea): Float32Array<ArrayBuffer>;
}

/** `philox`: AUTOMATIC1111's "NV"; `mt19937`: its "CPU", and what diffusers draws there. */
export type NoiseSource = 'philox' | 'mt19937';

/**
 * The order is AUTOMATIC1111's: a generator a picture, seeded with the picture's seed, and a draw of
 * [channels, height, width] each time.
 */
export function noiseField(source: NoiseSource, seed: number, shape: LatentShape): NoiseField {
  return (source === 'philox' ? philoxField : torchCpuField)(seed, shape);
}

/** Any rectangle of any draw costs only its own values. */
function philoxField(seed: number, shape: LatentShape): NoiseField {
  return {
    shape,
    draw(number, area = whole(shape)) {
      return gather(shape, area, (first, length) => philoxNormals(seed, number, first, length));
    },
  };
}

/** Keeps the latest draw; an earlier one is drawn again from the start. */
function torchCpuField(seed: number, shape: LatentShape): NoiseField {
  const length = shape.channels * shape.height * shape.width;
  let generator = new TorchCpuGenerator(seed);
  let drawn = 0;
  let latest = new Float32Array(0);
  return {
    shape,
    draw(number, area = whole(shape)) {
      if (number < drawn - 1) {
        generator = new TorchCpuGenerator(seed);
        drawn = 0;
      }
      for (; drawn <= number; drawn++) latest = generator.normals(length);
      return gather(shape, area, (first, count) => latest.subarray(first, first + count));
    },
  };
}

function whole({ width, height }: LatentShape): LatentArea {
  return { x: 0, y: 0, width, height };
}

/** Row by row what `read` has for an area, addressed by the place in the whole map. */
function gather(
  { channels, height, width }: LatentShape,
  area: LatentArea,
  read: (first: number, length: number) => Float32Array,
): Float32Array<ArrayBuffer> {
  const inside = area.x >= 0 && area.y >= 0 && area.x + area.width <= width && area.y + area.height <= height;
  invariant(inside, 'An area of noise lies inside its map');
  const values = new Float32Array(channels * area.height * area.width);
  for (let row = 0; row < channels * area.height; row++) {
    const [channel, y] = [Math.floor(row / area.height), area.y + (row % area.height)];
    values.set(read((channel * height + y) * width + area.x, area.width), row * area.width);
  }
  return values;
}
