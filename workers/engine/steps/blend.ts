/**
 * Two pictures into one, rectangle by rectangle: a second upscaler's result mixed into the first's, and colours that
 * get transparency of their own.
 */

import { ok } from '../../../src/base/result.ts';
import { area, type Rect } from '../../../src/picture/geometry.ts';
import { mixed, withAlphaOf } from '../../../src/picture/mix.ts';
import type { PixelBlock, PixelStore } from '../../../src/picture/pixel-store.ts';
import { Resampler } from '../../../src/picture/resample.ts';
import type { AlphaPass, BlendPass } from '../../../src/recipes/passes.ts';
import type { PassContext, PassWork } from './pass-work.ts';
import { intersect, pasted, rectangleAt, rectangleCount } from './rectangles.ts';
import { tileSide } from './resize.ts';

/** Output pixels a side: large enough to be quick, small enough to cancel. */
const largestSide = 1024;
/** A rough figure; the progress corrects itself by what it measures. */
const pixelsPerSecond = 50e6;

/** Tiles and seconds of such a pass, before it starts. */
export function blendEstimate(pass: BlendPass | AlphaPass): { tiles: number; seconds: number } {
  return {
    tiles: rectangleCount(pass.output, sideOf(pass)),
    seconds: area(pass.output) / pixelsPerSecond,
  };
}

/** Mixes `input`, the first, with `other`. */
export function blendPass(pass: BlendPass, context: PassContext, other: PixelStore): PassWork {
  const { input, output } = context;
  return byRectangles(pass, output, async (rect) =>
    mixed(await input.read(rect), await other.read(rect), pass.visibility, output.depth),
  );
}

/** Puts the transparency of `other`, the step's source, on the colours of `input`. */
export function alphaPass(pass: AlphaPass, context: PassContext, other: PixelStore): PassWork {
  const { input, output } = context;
  const { filter, window, place } = pass;
  const resampler = new Resampler(filter, other, window, place);
  return byRectangles(pass, output, async (rect) => {
    const colours = await input.read(rect);
    const inside = intersect(rect, place);
    if (!inside) return colours;
    const target = { ...inside, x: inside.x - place.x, y: inside.y - place.y };
    const source = resampler.sourceRect(target);
    const alphas = resampler.run(await other.read(source), source, target);
    if (area(inside) === area(rect)) return withAlphaOf(colours, alphas);
    return pasted(colours, rect, withAlphaOf(await input.read(inside), alphas), inside);
  });
}

function sideOf(pass: BlendPass | AlphaPass): number {
  return pass.kind === 'alpha' ? tileSide(pass) : largestSide;
}

function byRectangles(
  pass: BlendPass | AlphaPass,
  output: PixelStore,
  make: (rect: Rect) => Promise<PixelBlock>,
): PassWork {
  const side = sideOf(pass);
  return {
    tiles: rectangleCount(pass.output, side),
    tileSize: { width: side, height: side },
    run: async (index) => {
      const rect = rectangleAt(pass.output, side, index);
      const block = await make(rect);
      await output.write(rect, block);
      return ok({ rect, block });
    },
    state: () => ({ pending: [], limit: null }),
  };
}
