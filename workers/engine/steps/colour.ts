/** Gives a redrawn picture the colours of what it was drawn from, rectangle by rectangle without a seam. */

import { ok } from '../../../src/base/result.ts';
import { area, rectOf, type Rect } from '../../../src/picture/geometry.ts';
import { ColourMoments, matchMoments } from '../../../src/picture/colour-match.ts';
import { matchWavelet, withMargin } from '../../../src/picture/colour-match-wavelet.ts';
import { withAlphaOf } from '../../../src/picture/mix.ts';
import type { PixelBlock, PixelStore } from '../../../src/picture/pixel-store.ts';
import { blockFromPlanes, rgbPlanes } from '../../../src/picture/planes.ts';
import type { ColourPass } from '../../../src/recipes/passes.ts';
import { cutPlanes } from '../../../src/tiles/cut.ts';
import type { PassContext, PassWork } from './pass-work.ts';
import { rectangleAt, rectangleCount } from './rectangles.ts';

const side = 1024;
/** A rough figure; the progress corrects itself by what it measures. */
const pixelsPerSecond = 5e6;

export function colourEstimate({ output }: ColourPass): { tiles: number; seconds: number } {
  return { tiles: rectangleCount(output, side), seconds: area(output) / pixelsPerSecond };
}

/** `other` is the picture before; alpha is that of `input`. */
export function colourPass(pass: ColourPass, { input, output }: PassContext, other: PixelStore): PassWork {
  let moments: Promise<readonly [ColourMoments, ColourMoments]> | null = null;
  const matched = async (rect: Rect): Promise<PixelBlock> => {
    if (pass.match === 'mean') {
      const [from, to] = await (moments ??= bothMoments(input, other));
      const block = await input.read(rect);
      const planes = rgbPlanes(block);
      matchMoments(planes, from, to);
      return withAlphaOf(blockFromPlanes(planes, null, rect, output.depth), block);
    }
    const around = withMargin(rect, output);
    const block = await input.read(around);
    const planes = rgbPlanes(block);
    matchWavelet(planes, rgbPlanes(await other.read(around)), around);
    const part = { ...rect, x: rect.x - around.x, y: rect.y - around.y };
    return withAlphaOf(
      blockFromPlanes(cutPlanes(planes, around, part), null, rect, output.depth),
      await input.read(rect),
    );
  };
  return {
    tiles: rectangleCount(pass.output, side),
    tileSize: { width: side, height: side },
    run: async (index) => {
      const rect = rectangleAt(pass.output, side, index);
      const block = await matched(rect);
      await output.write(rect, block);
      return ok({ rect, block });
    },
    state: () => ({ pending: [], limit: null }),
  };
}

async function bothMoments(
  input: PixelStore,
  other: PixelStore,
): Promise<readonly [ColourMoments, ColourMoments]> {
  return [await momentsOf(input), await momentsOf(other)];
}

async function momentsOf(store: PixelStore): Promise<ColourMoments> {
  const moments = new ColourMoments();
  const { width, height } = rectOf(store);
  for (let index = 0; index < rectangleCount({ width, height }, side); index++) {
    const rect = rectangleAt({ width, height }, side, index);
    moments.add(rgbPlanes(await store.read(rect)), rect);
  }
  return moments;
}
