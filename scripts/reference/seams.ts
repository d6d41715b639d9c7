/** Refined pictures with chosen tiles, and how well the tiles' borders hide in them. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { at } from '../../src/base/assert.ts';
import type { Canvas } from '../../src/diffusion/refine/canvas.ts';
import { evenGrid, type EvenGrid } from '../../src/diffusion/tiles/grid.ts';
import { rectOf } from '../../src/picture/geometry.ts';
import type { MemoryStore } from '../../src/picture/memory-store.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { planTiles, type TilePlan } from '../../src/tiles/plan.ts';
import { seamRatio } from '../../src/tiles/seam.ts';
import type { OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import { colourPass } from '../../workers/engine/steps/colour.ts';
import { emptyStore, refined, runPass } from './refining.ts';

export const seamSize = { width: 512, height: 384 };
const map = { width: seamSize.width / 8, height: seamSize.height / 8 };

const photo = decode(readFileSync(join(import.meta.dirname, '../../playwright/pictures/coffee.png')));
type Colour = (x: number, y: number, channel: number) => number;

const grey: Colour = () => 0.5;
const gradient: Colour = (x, y) => 0.2 + (0.5 * x) / seamSize.width + (0.1 * y) / seamSize.height;
const crop: Colour = (x, y, channel) =>
  Number(photo.data[(y * photo.width + x) * photo.channels + channel]) / 255;

export const seamPictures: readonly (readonly [string, Colour])[] = [
  ['grey', grey],
  ['gradient', gradient],
  ['photo', crop],
];

/** Where the UNet and the VAE are cut. */
export interface Cut {
  readonly grid: EvenGrid;
  readonly vae: TilePlan;
}

export const wholeCut: Cut = { grid: unetGrid(map.width, 0), vae: vaePlan(map.width, 0, 0) };

/** `side`, `overlap` and `height`, which is the side where nothing is said, in places of the latent map. */
export function unetGrid(side: number, overlap: number, height = side): EvenGrid {
  return evenGrid(map, { width: Math.min(side, map.width), height: Math.min(height, map.height) }, overlap);
}

export function vaePlan(side: number, context: number, blend: number): TilePlan {
  return planTiles(map, { width: side, height: side }, { context, blend, multiple: 1 });
}

/** The UNet's grid as the seam measure wants it: borders lie where tiles begin, end, and are mixed evenly. */
function asPlan({ size, tile, columns, rows, tiles }: EvenGrid): TilePlan {
  const shared = (starts: readonly number[], i: number, length: number): number =>
    i > 0 ? at(starts, i - 1) + length - at(starts, i) : 0;
  return {
    size,
    tile,
    columns: columns.length,
    rows: rows.length,
    tiles: tiles.map(({ index, column, row, rect }) => ({
      index,
      column,
      row,
      read: rect,
      write: rect,
      overlap: {
        left: shared(columns, column, tile.width),
        right: 0,
        top: shared(rows, row, tile.height),
        bottom: 0,
      },
    })),
  };
}

/** A whole refine step over a picture of `seamSize`, cut like this. */
export async function drawn(opened: OpenedRefine, cut: Cut, input: MemoryStore): Promise<PixelBlock> {
  const { planned } = opened;
  const canvases = planned.order.canvases.map((canvas): Canvas => ({ ...canvas, ...cut }));
  return refined({ ...opened, planned: { ...planned, order: { ...planned.order, canvases } } }, input);
}

/** The same in the low frequencies of what it was drawn from, as a refine step ends by default. */
export async function matched(block: PixelBlock, other: MemoryStore): Promise<PixelBlock> {
  const [input, output] = [emptyStore(seamSize), emptyStore(seamSize)];
  await input.write(rectOf(input), block);
  const pass = { kind: 'colour', match: 'wavelet', step: 0, output: seamSize, other: 'picture' } as const;
  await runPass(colourPass(pass, { input, output, notice: () => undefined }, other));
  return output.read(rectOf(output));
}

/** The largest step between neighbours in a row of one channel, as a share of the whole range. */
export function largestStep(values: Float32Array, width: number, height: number): number {
  const plane = values.subarray(0, width * height);
  const steps = Array.from(plane, (value, i) =>
    i % width === 0 ? 0 : Math.abs(value - (plane[i - 1] ?? 0)),
  );
  return Math.max(...steps) / (Math.max(...plane) - Math.min(...plane));
}

/** The seam measure along the borders of the UNet's tiles and of the VAE's, the larger of the two. */
export function seamOf(result: PixelBlock, untiled: PixelBlock, { grid, vae }: Cut): number {
  return Math.max(seamRatio(result, untiled, asPlan(grid), 8), seamRatio(result, untiled, vae, 8));
}
