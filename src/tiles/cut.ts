/** Parts of planes: what a smaller tile sees of a larger one. */

import type { Rect, Size } from '../picture/geometry.ts';

type Planes = Float32Array<ArrayBuffer>;

/** The part `rect` of planes (channel by channel, each `size`), copied. */
export function cutPlanes(planes: Planes, size: Size, rect: Rect): Planes {
  const channels = planes.length / (size.width * size.height);
  const part = new Float32Array(channels * rect.width * rect.height);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rect.height; row++) {
      const from = (channel * size.height + rect.y + row) * size.width + rect.x;
      part.set(planes.subarray(from, from + rect.width), to);
      to += rect.width;
    }
  }
  return part;
}
