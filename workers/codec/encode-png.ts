/** Writes PNG: a palette where few colours suffice, else RGB or RGBA, always lossless. */

import { ok, type Result } from '../../src/base/result.ts';
import { ColourCount } from '../../src/formats/png/colours.ts';
import { writePng } from '../../src/formats/png/write.ts';
import { area, type Size } from '../../src/picture/geometry.ts';
import type { Depth } from '../../src/picture/pixel-store.ts';
import type { Strips } from './strips.ts';
import { encodePalette } from './upng.ts';

/** The palette encoder holds the whole picture, several times. */
const MOST_PALETTE_PIXELS = 2 ** 24;

interface Survey {
  readonly depth: Depth;
  readonly opaque: boolean;
  readonly colours: number | null;
}

export async function encodePng(strips: Strips): Promise<Result<Blob>> {
  const found = await survey(strips);
  if (!found.ok) return found;
  const { depth, opaque, colours } = found.value;
  const { width, height } = strips;
  if (colours !== null && area(strips) <= MOST_PALETTE_PIXELS && hasRoom(strips, colours)) {
    const whole = await strips.read(0, height);
    if (!whole.ok) return whole;
    return ok(await encodePalette(strips, whole.value.data.buffer));
  }
  return writePng({ width, height, depth, alpha: !opaque, read: (y, rows) => strips.read(y, rows) });
}

/**
 * upng-js writes into a buffer of 100 bytes and 4 a pixel, and drops what goes beyond: tiny pictures with
 * many colours need more. At the worst a file has 94 bytes around it, 4 a colour (and its own first
 * entry), 1 a pixel, 1 a row, and deflate's frame.
 */
function hasRoom(size: Size, colours: number): boolean {
  const pixels = area(size);
  return 94 + 4 * (colours + 1) + pixels + size.height + pixels / 1000 + 32 <= 100 + 4 * pixels;
}

/** Looks at every pixel once, or until it is clear that neither a palette nor RGB will do. */
async function survey(strips: Strips): Promise<Result<Survey>> {
  const count = new ColourCount();
  let depth: Depth = 8;
  let deepOpaque = true;
  const seen = await strips.each(({ data }) => {
    if (data instanceof Uint16Array) {
      depth = 16;
      for (let i = 3; deepOpaque && i < data.length; i += 4) deepOpaque = data[i] === 65_535;
      return deepOpaque ? 'more' : 'enough';
    }
    count.add(data);
    return count.settled ? 'enough' : 'more';
  });
  if (!seen.ok) return seen;
  const deep: Depth = depth;
  return ok({ depth: deep, opaque: count.opaque && deepOpaque, colours: deep === 8 ? count.colours : null });
}
