/** Two pictures into one, pixel by pixel, in stored values: a mix, and the colours of one with the alpha of the other. */

import { invariant } from '../base/assert.ts';
import type { Depth, PixelBlock } from './pixel-store.ts';
import { mostOf } from './planes.ts';

/**
 * `first` times (1 - share) plus `second` times `share` (0..1), alpha like the colours, rounded to the nearest level of
 * `depth`. The blocks have one size; their depths may differ.
 */
export function mixed(first: PixelBlock, second: PixelBlock, share: number, depth: Depth): PixelBlock {
  checkSame(first, second);
  const out = emptyBlock(first, depth);
  const most = mostOf(out);
  const one = ((1 - share) * most) / mostOf(first);
  const other = (share * most) / mostOf(second);
  const { data } = out;
  // The half makes the conversion, which cuts off, round; no value leaves the range, both shares being in 0..1.
  const half = data instanceof Uint16Array ? 0.5 : 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = (first.data[i] as number) * one + (second.data[i] as number) * other + half;
  }
  return out;
}

/** The colours of `colours` with the alpha of `alphas`, in the depth of `colours`. */
export function withAlphaOf(colours: PixelBlock, alphas: PixelBlock): PixelBlock {
  checkSame(colours, alphas);
  const data = colours.data.slice();
  const factor = mostOf(colours) / mostOf(alphas);
  for (let i = 3; i < data.length; i += 4) data[i] = Math.round((alphas.data[i] as number) * factor);
  return { width: colours.width, height: colours.height, data };
}

/** The block laid onto a colour (0..1 a channel), which makes it opaque. */
export function laidOn(block: PixelBlock, colour: readonly [number, number, number]): PixelBlock {
  const most = mostOf(block);
  const data = block.data.slice();
  for (let i = 0; i < data.length; i += 4) {
    const alpha = (data[i + 3] as number) / most;
    if (alpha === 1) continue;
    for (let channel = 0; channel < 3; channel++) {
      const under = (colour[channel] as number) * most;
      data[i + channel] = Math.round(under + ((data[i + channel] as number) - under) * alpha);
    }
    data[i + 3] = most;
  }
  return { width: block.width, height: block.height, data };
}

function emptyBlock({ width, height }: PixelBlock, depth: Depth): PixelBlock {
  const length = width * height * 4;
  return { width, height, data: depth === 8 ? new Uint8ClampedArray(length) : new Uint16Array(length) };
}

function checkSame(one: PixelBlock, other: PixelBlock): void {
  invariant(
    one.width === other.width && one.height === other.height,
    `Blocks of ${one.width} x ${one.height} and ${other.width} x ${other.height}`,
  );
}
