/** The resize step: one exact resample, rectangle by rectangle. */

import { ok } from '../../../src/base/result.ts';
import { area, type Rect, type Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../../src/picture/pixel-store.ts';
import { Resampler } from '../../../src/picture/resample.ts';
import type { ResamplePass } from '../../../src/recipes/passes.ts';
import type { PassContext, PassWork } from './pass-work.ts';
import { intersect, pasted, rectangleAt, rectangleCount } from './rectangles.ts';

/** Output pixels a side: large enough to be quick, small enough to cancel. */
const largestSide = 1024;
/** Input pixels a side: a strong reduction reads much for little. */
const largestSource = 4096;
/** A rough figure; the progress corrects itself by what it measures. */
const pixelsPerSecond = 10e6;

/** Tiles and seconds of a resample pass, before it starts. */
export function resizeEstimate(pass: ResamplePass): { tiles: number; seconds: number } {
  const { output, window } = pass;
  const tiles = rectangleCount(output, tileSide(pass));
  return { tiles, seconds: (area(output) + area(window)) / pixelsPerSecond };
}

/** The side of the output rectangles for which so much of the window is read at once. */
export function tileSide({ window, place }: Pick<ResamplePass, 'window' | 'place'>): number {
  const reduction = Math.max(window.width / place.width, window.height / place.height, 1);
  return Math.max(16, Math.min(largestSide, Math.floor(largestSource / reduction)));
}

export function resizePass(pass: ResamplePass, { input, output }: PassContext): PassWork {
  const resampler = new Resampler(pass.filter, input, pass.window, pass.place);
  const side = tileSide(pass);

  return {
    tiles: resizeEstimate(pass).tiles,
    tileSize: { width: side, height: side },
    run: async (index) => {
      const rect = rectangleAt(pass.output, side, index);
      const block = await resampleInto(rect, pass, resampler, input);
      await output.write(rect, block);
      return ok({ rect, block });
    },
    state: () => ({ pending: [], limit: null }),
  };
}

async function resampleInto(
  rect: Rect,
  { place, background }: ResamplePass,
  resampler: Resampler,
  input: PixelStore,
): Promise<PixelBlock> {
  const inside = intersect(rect, place);
  if (!inside) return filled(rect, background);
  const target = { ...inside, x: inside.x - place.x, y: inside.y - place.y };
  const source = resampler.sourceRect(target);
  const part = resampler.run(await input.read(source), source, target);
  if (area(inside) === area(rect)) return part;
  return pasted(filled(rect, background), rect, part, inside);
}

/** A block of one colour; `background` is `#rrggbb` or `#rrggbbaa` (validated with the recipe). */
function filled(size: Size, background: string): PixelBlock {
  const hex = background.slice(1).padEnd(8, 'f');
  const channels = [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  const pixel = new Uint8Array(channels);
  const colour = new DataView(pixel.buffer).getUint32(0, true);
  const words = new Uint32Array(area(size)).fill(colour);
  return { width: size.width, height: size.height, data: new Uint8ClampedArray(words.buffer) };
}
