/** Ultimate SD Upscale as canvases: one a job, each a view of what has become of the picture so far. */

import { invariant } from '../../base/assert.ts';
import { rectOf, type Rect, type Size } from '../../picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../picture/pixel-store.ts';
import { Resampler } from '../../picture/resample.ts';
import { readPadded } from '../tiles/pad-to.ts';
import { ultimateDefaults, type UltimateOptions } from '../tiles/ultimate-options.ts';
import { visibleCrop } from '../tiles/ultimate-paste.ts';
import type { UltimateJob, UltimatePlan } from '../tiles/ultimate.ts';
import { latentScale } from '../tiles/joint.ts';
import { canvasAt, type Canvas, type CanvasOptions, type CanvasSteps } from './canvas.ts';
import type { UltimateTiles } from './choices.ts';

/** What was chosen, and the original's own for the rest; `multiple` is that of the UNet's maps. */
export function ultimateOptions(tiles: UltimateTiles, multiple: number): UltimateOptions {
  const usual = ultimateDefaults;
  return {
    order: tiles.redraw ?? usual.order,
    tile: tiles.tile === undefined ? usual.tile : { width: tiles.tile, height: tiles.tile },
    padding: tiles.padding ?? usual.padding,
    maskBlur: tiles.maskBlur ?? usual.maskBlur,
    seamFix: tiles.seams ?? usual.seamFix,
    seamDenoise: tiles.seamStrength ?? usual.seamDenoise,
    seamWidth: tiles.seamWidth ?? usual.seamWidth,
    seamMaskBlur: tiles.seamBlur ?? usual.seamMaskBlur,
    seamPadding: tiles.seamPadding ?? usual.seamPadding,
    multiple: multiple * latentScale,
  };
}

/** The UNet sees a job whole. All have the run's seed; `steps` has those of each job's strength. */
export function ultimateCanvases(
  { jobs }: UltimatePlan,
  seed: number,
  steps: ReadonlyMap<number, CanvasSteps>,
  options: Pick<CanvasOptions, 'vaeTile' | 'multiple'>,
): Canvas[] {
  return jobs.map(({ size, denoise }) => {
    const own = steps.get(denoise);
    invariant(own, `Steps at a strength of ${denoise}`);
    return canvasAt({ x: 0, y: 0, ...size }, seed, own, {
      ...options,
      tile: Math.max(size.width, size.height) / latentScale,
      overlap: 0,
    });
  });
}

/** A read-only view of a job's crop of `store` in the size that the network runs: Lanczos, in the stored curve, as Pillow does it. */
export function jobSource(store: PixelStore, { crop, size }: Pick<UltimateJob, 'crop' | 'size'>): PixelStore {
  const resampler = new Resampler(
    'lanczos3',
    crop,
    { x: 0, y: 0, width: crop.width, height: crop.height },
    size,
    {
      light: 'stored',
    },
  );
  return {
    ...size,
    depth: store.depth,
    read: async (rect) => {
      const source = resampler.sourceRect(rect);
      const block = await readPadded(store, { ...source, x: crop.x + source.x, y: crop.y + source.y });
      return resampler.run(block, source, rect);
    },
    write: () => Promise.reject(new Error('A view of a job is only for reading.')),
    release: () => Promise.resolve(),
  };
}

/** A job's result, `job.size` pixels, as what the picture has of its crop. */
export function jobResult(
  { crop, size }: Pick<UltimateJob, 'crop' | 'size'>,
  result: PixelBlock,
  picture: Size,
): { readonly rect: Rect; readonly block: PixelBlock } {
  const whole = { x: 0, y: 0, ...size };
  const resampler = new Resampler('lanczos3', size, whole, crop, { light: 'stored' });
  const rect = visibleCrop({ crop }, picture);
  const target = { ...rect, x: rect.x - crop.x, y: rect.y - crop.y };
  return { rect, block: resampler.run(result, rectOf(result), target) };
}
