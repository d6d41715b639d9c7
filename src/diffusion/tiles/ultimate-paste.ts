/** How a redrawn crop of Ultimate SD Upscale comes back: through its mask, in the latent map and in the picture. */

import { at, invariant } from '../../base/assert.ts';
import type { Rect, Size } from '../../picture/geometry.ts';
import type { PixelBlock } from '../../picture/pixel-store.ts';
import { latentScale } from './joint.ts';
import { maskOver } from './ultimate-mask.ts';
import type { UltimateJob } from './ultimate.ts';

/** What of a job's crop the picture has: the rectangle that is read, pasted and written. */
export function visibleCrop({ crop }: Pick<UltimateJob, 'crop'>, picture: Size): Rect {
  const x = Math.max(0, crop.x);
  const y = Math.max(0, crop.y);
  return {
    x,
    y,
    width: Math.min(picture.width, crop.x + crop.width) - x,
    height: Math.min(picture.height, crop.y + crop.height) - y,
  };
}

/**
 * Which places of the job's latent map are redrawn (1) and which are held to the noised original (0), row by row: those that
 * the mask covers by more than half, as AUTOMATIC1111 inpaints with any model.
 */
export function latentMask(
  job: Pick<UltimateJob, 'mask' | 'crop' | 'size'>,
  picture: Size,
): Float32Array<ArrayBuffer> {
  const { crop, size } = job;
  const visible = visibleCrop(job, picture);
  const values = maskOver(job.mask, visible, picture);
  const columns = cells(crop.x - visible.x, crop.width, size.width / latentScale, visible.width);
  const rows = cells(crop.y - visible.y, crop.height, size.height / latentScale, visible.height);
  const mask = new Float32Array(columns.length * rows.length);
  for (const [row, lines] of rows.entries()) {
    for (const [column, places] of columns.entries()) {
      let sum = 0;
      for (const y of lines) for (const x of places) sum += at(values, y * visible.width + x);
      if (sum > 0.5 * lines.length * places.length) mask[row * columns.length + column] = 1;
    }
  }
  return mask;
}

/** `result` over `base` by the mask's values (one a pixel, 0 to 1), to the nearest level; blocks of one size and depth. */
export function pasted(base: PixelBlock, result: PixelBlock, mask: Float32Array): PixelBlock {
  const { width, height } = base;
  invariant(
    result.width === width && result.height === height && mask.length === width * height,
    `A result of ${result.width} x ${result.height} for ${width} x ${height}`,
  );
  invariant(result.data.BYTES_PER_ELEMENT === base.data.BYTES_PER_ELEMENT, 'A result of another depth');
  const data = base.data.slice();
  for (let pixel = 0, i = 0; pixel < mask.length; pixel++) {
    const share = mask[pixel] as number;
    for (let sample = 0; sample < 4; sample++, i++) {
      const before = base.data[i] as number;
      data[i] = Math.round(before + ((result.data[i] as number) - before) * share);
    }
  }
  return { width, height, data };
}

/**
 * For each of `count` equal parts of a line that begins at `start` and is `length` pixels long, the pixels whose centres lie in it (at
 * least the nearest); those outside [0, side) are replaced by the nearest inside.
 */
function cells(start: number, length: number, count: number, side: number): number[][] {
  const step = length / count;
  return Array.from({ length: count }, (_, i) => {
    const first = Math.ceil(start + i * step - 0.5);
    const last = Math.max(first, Math.ceil(start + (i + 1) * step - 0.5) - 1);
    const places = Array.from({ length: last - first + 1 }, (_, k) => first + k);
    return places.map((place) => Math.min(side - 1, Math.max(0, place)));
  });
}
