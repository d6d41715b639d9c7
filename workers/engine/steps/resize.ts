/** The resize step: one exact resample, rectangle by rectangle. */

import { ok } from '../../../src/base/result.ts';
import { area, type Rect, type Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../../src/picture/pixel-store.ts';
import { Resampler } from '../../../src/picture/resample.ts';
import type { ResamplePass } from '../../../src/recipes/passes.ts';
import type { PassContext, PassWork } from './pass-work.ts';

/** Output pixels a side: large enough to be quick, small enough to cancel. */
const largestSide = 1024;
/** Input pixels a side: a strong reduction reads much for little. */
const largestSource = 4096;
/** A rough figure; the progress corrects itself by what it measures. */
const pixelsPerSecond = 10e6;

/** Tiles and seconds of a resample pass, before it starts. */
export function resizeEstimate(pass: ResamplePass): { tiles: number; seconds: number } {
  const { output, window } = pass;
  const side = tileSide(pass);
  const tiles = Math.ceil(output.width / side) * Math.ceil(output.height / side);
  return { tiles, seconds: (area(output) + area(window)) / pixelsPerSecond };
}

function tileSide({ window, place }: ResamplePass): number {
  const reduction = Math.max(window.width / place.width, window.height / place.height, 1);
  return Math.max(16, Math.min(largestSide, Math.floor(largestSource / reduction)));
}

export function resizePass(pass: ResamplePass, { input, output }: PassContext): PassWork {
  const resampler = new Resampler(pass.filter, input, pass.window, pass.place);
  const side = tileSide(pass);
  const columns = Math.ceil(pass.output.width / side);

  const rectAt = (index: number): Rect => {
    const x = (index % columns) * side;
    const y = Math.floor(index / columns) * side;
    return {
      x,
      y,
      width: Math.min(side, pass.output.width - x),
      height: Math.min(side, pass.output.height - y),
    };
  };

  return {
    tiles: resizeEstimate(pass).tiles,
    tileSize: { width: side, height: side },
    run: async (index) => {
      const rect = rectAt(index);
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
  const block = filled(rect, background);
  for (let row = 0; row < inside.height; row++) {
    const from = row * inside.width * 4;
    const to = ((inside.y - rect.y + row) * rect.width + inside.x - rect.x) * 4;
    block.data.set(part.data.subarray(from, from + inside.width * 4), to);
  }
  return block;
}

function intersect(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
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
