/**
 * Transparency around a network. Networks see colour alone, so colour is continued under transparent
 * pixels first (else their black leaks in as dark rims), and alpha, enlarged apart as grey, is held to
 * its exact value where the source is flat: an opaque area stays opaque.
 */

import { invariant } from '../base/assert.ts';
import { area, type Size } from './geometry.ts';
import type { PixelBlock } from './pixel-store.ts';
import { mostOf } from './planes.ts';

/** How far colour is continued, in pixels. A fixed reach lets neighbouring tiles agree. */
const reach = 16;

/** True when no pixel is at all transparent. */
export function isOpaque(block: PixelBlock): boolean {
  return constantAlpha(block) === mostOf(block);
}

/** The alpha of all pixels as a sample value (0..255 or 0..65535), or null where it varies. */
export function constantAlpha({ data }: PixelBlock): number | null {
  const first = data[3] ?? 0;
  for (let i = 7; i < data.length; i += 4) if (data[i] !== first) return null;
  return first;
}

/**
 * Fills the colour of pixels with alpha 0 from visible pixels at most 16 steps away: ring by ring, each
 * pixel the mean of its known neighbours of the rings before. Further away it stays as it is. Alpha is
 * not touched. Returns the same block when there is nothing to fill, or nothing to fill from.
 */
export function bleedRgb(block: PixelBlock): PixelBlock {
  const { width, height } = block;
  const rings = new Uint8Array(area(block));
  let visible = 0;
  for (let i = 0; i < rings.length; i++) {
    if (block.data[i * 4 + 3] !== 0) {
      rings[i] = 1;
      visible++;
    }
  }
  if (visible === rings.length || visible === 0) return block;

  const data = block.data.slice();
  // Ring 1 is what can be seen; ring r + 1 is filled in pass r.
  let front = firstFront(rings, block);
  for (let ring = 2; front.length > 0 && ring <= reach + 1; ring++) {
    for (const pixel of front) rings[pixel] = ring;
    const next: number[] = [];
    for (const pixel of front) {
      const x = pixel % width;
      const y = (pixel - x) / width;
      let red = 0;
      let green = 0;
      let blue = 0;
      let count = 0;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const neighbour = ny * width + nx;
          const known = rings[neighbour] as number;
          if (known === 0) {
            // Marked at once, so that it is listed once; 255 counts as unknown until its own turn.
            rings[neighbour] = 255;
            next.push(neighbour);
          } else if (known < ring) {
            red += data[neighbour * 4] as number;
            green += data[neighbour * 4 + 1] as number;
            blue += data[neighbour * 4 + 2] as number;
            count++;
          }
        }
      }
      data[pixel * 4] = Math.round(red / count);
      data[pixel * 4 + 1] = Math.round(green / count);
      data[pixel * 4 + 2] = Math.round(blue / count);
    }
    front = next;
  }
  return { width, height, data };
}

/** The transparent pixels that touch a visible one. */
function firstFront(rings: Uint8Array, { width, height }: Size): number[] {
  const front: number[] = [];
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (rings[pixel] === 0 && touches(rings, x, y, width, height)) front.push(pixel);
    }
  }
  return front;
}

function touches(rings: Uint8Array, x: number, y: number, width: number, height: number): boolean {
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
      if (rings[ny * width + nx] === 1) return true;
    }
  }
  return false;
}

/**
 * Puts exact values back into enlarged alpha, in place. `source` is the alpha plane of `size` (0..1),
 * `upscaled` the network's answer for it, `scale` times as large. Where the source is constant over the
 * 5x5 pixels around a pixel, its enlargement becomes that constant, fading out over one source pixel
 * towards places where it is not. Nothing is thresholded: soft edges stay as the network drew them.
 */
export function restoreFlatAlpha(
  upscaled: Float32Array,
  source: Float32Array,
  size: Size,
  scale: number,
): void {
  const { width, height } = size;
  invariant(source.length === width * height, 'An alpha plane of another size');
  invariant(upscaled.length === source.length * scale * scale, 'Enlarged alpha of another size');
  const flat = flatMask(source, size);
  // Output pixel i lies between source pixels `low[i]` and `low[i] + 1`, at `part[i]` of the way.
  const columns = between(width, scale);
  const rows = between(height, scale);
  for (let y = 0, to = 0; y < height * scale; y++) {
    const top = Math.max(0, rows.low[y] as number) * width;
    const bottom = Math.min(height - 1, (rows.low[y] as number) + 1) * width;
    const down = rows.part[y] as number;
    for (let x = 0; x < width * scale; x++, to++) {
      const left = Math.max(0, columns.low[x] as number);
      const right = Math.min(width - 1, (columns.low[x] as number) + 1);
      const a = flat[top + left] as number;
      const b = flat[top + right] as number;
      const c = flat[bottom + left] as number;
      const d = flat[bottom + right] as number;
      if (a + b + c + d === 0) continue;
      // All four lie in the 5x5 of the flat one, so any of them has the constant.
      const constant = source[top + left] as number;
      const across = columns.part[x] as number;
      const upper = a + (b - a) * across;
      const weight = upper + (c + (d - c) * across - upper) * down;
      const value = upscaled[to] as number;
      upscaled[to] = weight === 1 ? constant : value + (constant - value) * weight;
    }
  }
}

/** 1 where the 5x5 around a pixel (cut at the edges) has one value, else 0. */
function flatMask(source: Float32Array, { width, height }: Size): Uint8Array {
  const across = new Uint8Array(source.length);
  for (let y = 0, i = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++, i++) {
      const value = source[i];
      let same = 1;
      for (let n = Math.max(0, x - 2); n <= Math.min(width - 1, x + 2); n++) {
        if (source[row + n] !== value) same = 0;
      }
      across[i] = same;
    }
  }
  const flat = new Uint8Array(source.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const value = source[i];
      let same = 1;
      for (let n = Math.max(0, y - 2); n <= Math.min(height - 1, y + 2); n++) {
        const at = n * width + x;
        if (across[at] === 0 || source[at] !== value) same = 0;
      }
      flat[i] = same;
    }
  }
  return flat;
}

function between(length: number, scale: number): { low: Int32Array; part: Float32Array } {
  const low = new Int32Array(length * scale);
  const part = new Float32Array(length * scale);
  for (let i = 0; i < low.length; i++) {
    const centre = (i + 0.5) / scale - 0.5;
    low[i] = Math.floor(centre);
    part[i] = centre - Math.floor(centre);
  }
  return { low, part };
}
