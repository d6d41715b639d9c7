/** Fills a tile up to what its network can run: the picture is mirrored beyond its right and bottom edge. */

import type { Size } from '../picture/geometry.ts';
import type { TileRules } from './rules.ts';

type Planes = Float32Array<ArrayBuffer>;

/**
 * `planes` (channel by channel, each `size`) with both sides filled up to what the rules ask for, by
 * reflection that does not repeat the edge itself, back and forth where the picture is smaller than what is
 * filled. Returns the planes as they are when nothing is missing.
 */
export function padPlanes(
  planes: Planes,
  size: Size,
  { multiple, least = 1, fixed }: Pick<TileRules, 'multiple' | 'least' | 'fixed'>,
): { planes: Planes; size: Size } {
  const { width, height } = filledSize(size, { multiple, least, ...(fixed ? { fixed } : {}) });
  if (width === size.width && height === size.height) return { planes, size };
  const columns = mirrored(size.width, width);
  const rows = mirrored(size.height, height);
  const channels = planes.length / (size.width * size.height);
  const padded = new Float32Array(channels * width * height);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const from = (channel * size.height + (rows[y] as number)) * size.width;
      for (let x = 0; x < width; x++) padded[to++] = planes[from + (columns[x] as number)] as number;
    }
  }
  return { planes: padded, size: { width, height } };
}

/** What `padPlanes` fills planes of `size` up to. */
export function filledSize(
  size: Size,
  { multiple, least = 1, fixed }: Pick<TileRules, 'multiple' | 'least' | 'fixed'>,
): Size {
  const filled = (side: number): number => Math.ceil(Math.max(side, least) / multiple) * multiple;
  return fixed ?? { width: filled(size.width), height: filled(size.height) };
}

/** The left upper part `size` of planes that are each `from` large. */
export function cropPlanes(planes: Planes, from: Size, size: Size): Planes {
  if (from.width === size.width && from.height === size.height) return planes;
  const channels = planes.length / (from.width * from.height);
  const cropped = new Float32Array(channels * size.width * size.height);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < size.height; y++) {
      const start = (channel * from.height + y) * from.width;
      cropped.set(planes.subarray(start, start + size.width), to);
      to += size.width;
    }
  }
  return cropped;
}

/** Per position of the longer line, the position of the line that is seen there. */
function mirrored(length: number, longer: number): Int32Array {
  const period = Math.max(1, 2 * (length - 1));
  return Int32Array.from({ length: longer }, (_, position) => {
    const phase = position % period;
    return phase < length ? phase : period - phase;
  });
}
