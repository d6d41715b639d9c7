/**
 * Test-time augmentation: a tile runs in several orientations (flips and quarter turns), each result is turned back,
 * and their mean is the tile's result. What a network gets wrong in one orientation it rarely gets wrong in all.
 */

import { ok, type Result } from '../../../src/base/result.ts';
import type { ModelCard } from '../../../src/models/card.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { ExtraQuality } from '../../../src/recipes/recipe.ts';
import { cropPlanes, padPlanes } from '../../../src/tiles/pad.ts';

type Planes = Float32Array<ArrayBuffer>;

/** Applied in this order: columns reversed, rows reversed, then rows and columns exchanged. */
export interface Orientation {
  readonly mirror: boolean;
  readonly flip: boolean;
  readonly transpose: boolean;
}

const all: readonly Orientation[] = [
  { mirror: false, flip: false, transpose: false },
  { mirror: true, flip: false, transpose: false },
  { mirror: false, flip: true, transpose: false },
  { mirror: true, flip: true, transpose: false },
  { mirror: false, flip: false, transpose: true },
  { mirror: true, flip: false, transpose: true },
  { mirror: false, flip: true, transpose: true },
  { mirror: true, flip: true, transpose: true },
];

/** As it is; and mirrored; and every flip; and every flip of the transposed, which are the quarter turns. */
export function orientations(count: ExtraQuality): readonly Orientation[] {
  return all.slice(0, count);
}

/** The size that planes of `size` have in an orientation. */
export function orientedSize({ width, height }: Size, { transpose }: Orientation): Size {
  return transpose ? { width: height, height: width } : { width, height };
}

/** Planes (channel by channel, each `size`) in an orientation: the same values in other places. */
export function orient(planes: Planes, size: Size, orientation: Orientation): Planes {
  const to = new Float32Array(planes.length);
  walk(size, orientation, planes.length, (here, there) => {
    to[there] = planes[here] as number;
  });
  return to;
}

/** Adds planes that lie in an orientation to `sum`, of `size`, where they belong: the inverse of `orient`. */
export function addRestored(sum: Planes, planes: Planes, size: Size, orientation: Orientation): void {
  walk(size, orientation, sum.length, (here, there) => {
    sum[here] = (sum[here] as number) + (planes[there] as number);
  });
}

/** Every place of planes of `size`, and where it lies in an orientation. */
function walk(
  { width, height }: Size,
  { mirror, flip, transpose }: Orientation,
  length: number,
  visit: (here: number, there: number) => void,
): void {
  const across = transpose ? height : 1;
  const down = transpose ? 1 : width;
  const plane = width * height;
  for (let start = 0; start < length; start += plane) {
    for (let y = 0, here = start; y < height; y++) {
      const row = start + (flip ? height - 1 - y : y) * down;
      for (let x = 0; x < width; x++, here++) visit(here, row + (mirror ? width - 1 - x : x) * across);
    }
  }
}

/** Something that enlarges a tile's RGB planes: NetworkTile, or a test's. */
export interface RunsTiles {
  run(planes: Planes, size: Size): Promise<Result<Planes>>;
}

/** Runs a tile in `count` orientations; with 1 it is the network's own run. */
export async function runOriented(
  network: RunsTiles,
  count: ExtraQuality,
  { scale, tiles }: Pick<ModelCard, 'scale' | 'tiles'>,
  planes: Planes,
  size: Size,
): Promise<Result<Planes>> {
  if (count === 1) return network.run(planes, size);
  // Filled up before it is turned: a network's windows then lie in every orientation where they lie in the whole picture's.
  const { multiple, least = 1 } = tiles;
  const filled = padPlanes(planes, size, { multiple, least });
  const large = times(filled.size, scale);
  const sum = new Float32Array(filled.planes.length * scale * scale);
  for (const orientation of orientations(count)) {
    const turned = orient(filled.planes, filled.size, orientation);
    const result = await network.run(turned, orientedSize(filled.size, orientation));
    if (!result.ok) return result;
    addRestored(sum, result.value, large, orientation);
  }
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) / count;
  return ok(cropPlanes(sum, large, times(size, scale)));
}

function times({ width, height }: Size, factor: number): Size {
  return { width: width * factor, height: height * factor };
}
