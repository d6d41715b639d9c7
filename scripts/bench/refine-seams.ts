/**
 * How well tile borders hide when a picture is refined, with tiny made-up networks: the table of docs/benchmarks.md. A line is weights,
 * picture, tiles, the seam measure before and after the colours are matched, and the mean difference from the untiled result in levels.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { Canvas } from '../../src/diffusion/refine/canvas.ts';
import { at } from '../../src/base/assert.ts';
import { evenGrid, type EvenGrid } from '../../src/diffusion/tiles/grid.ts';
import { rectOf } from '../../src/picture/geometry.ts';
import type { MemoryStore } from '../../src/picture/memory-store.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { planTiles, type TilePlan } from '../../src/tiles/plan.ts';
import { seamRatio } from '../../src/tiles/seam.ts';
import type { OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import { colourPass } from '../../workers/engine/steps/colour.ts';
import { emptyStore, openRefining, refined, runPass, storeOf } from '../reference/refining.ts';
import { smoothed, tinyDiffusion } from '../reference/tiny-diffusion.ts';

const size = { width: 512, height: 384 };
const map = { width: 64, height: 48 };
const photo = decode(readFileSync(join(import.meta.dirname, '../../playwright/pictures/coffee.png')));
const pictures: Readonly<Record<string, (x: number, y: number, channel: number) => number>> = {
  grey: () => 0.5,
  gradient: (x, y) => 0.2 + (0.5 * x) / size.width + (0.1 * y) / size.height,
  photo: (x, y, channel) => Number(photo.data[(y * photo.width + x) * photo.channels + channel]) / 255,
};

interface Cut {
  readonly grid: EvenGrid;
  readonly vae: TilePlan;
}
const whole: Cut = {
  grid: evenGrid(map, map, 0),
  vae: planTiles(map, map, { context: 0, blend: 0, multiple: 1 }),
};
const unetTiles: Cut = { ...whole, grid: evenGrid(map, { width: 32, height: 32 }, 8) };
const vaeTiles = (side: number, context: number, blend: number): Cut => ({
  ...whole,
  vae: planTiles(map, { width: side, height: side }, { context, blend, multiple: 1 }),
});

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

async function drawn(opened: OpenedRefine, cut: Cut, input: MemoryStore): Promise<PixelBlock> {
  const { planned } = opened;
  const canvases = planned.order.canvases.map((canvas): Canvas => ({ ...canvas, ...cut }));
  return refined({ ...opened, planned: { ...planned, order: { ...planned.order, canvases } } }, input);
}

async function matched(block: PixelBlock, other: MemoryStore): Promise<PixelBlock> {
  const [input, output] = [emptyStore(size), emptyStore(size)];
  await input.write(rectOf(input), block);
  const pass = { kind: 'colour', match: 'wavelet', step: 0, output: size, other: 'picture' } as const;
  await runPass(colourPass(pass, { input, output, notice: () => undefined }, other));
  return output.read(rectOf(output));
}

function meanDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return (
    Array.from(one, (value, i) => Math.abs(value - Number(other[i]))).reduce((sum, value) => sum + value, 0) /
    one.length /
    0.75
  );
}

const files = { rough: tinyDiffusion(), smooth: tinyDiffusion('epsilon', 'f32', { fill: smoothed }) };
const cuts: readonly (readonly [string, Cut])[] = [
  ['UNet 32, 8', unetTiles],
  ...[
    [44, 0, 4],
    [44, 2, 4],
    [44, 6, 4],
    [44, 2, 8],
    [44, 4, 8],
  ].map(([side = 0, context = 0, blend = 0]): [string, Cut] => [
    `VAE ${side}, ${context}, ${blend}`,
    vaeTiles(side, context, blend),
  ]),
];

for (const [weights, model] of Object.entries(files)) {
  for (const [name, colour] of Object.entries(pictures)) {
    const input = await storeOf(size, colour);
    const step = { prompt: 'a cat', guidance: 1, strength: 0.3, steps: 4, seed: 1 } as const;
    const opened = await openRefining(step, model, size);
    const untiled = await drawn(opened, whole, input);
    const untiledMatched = await matched(untiled, input);
    for (const [label, cut] of cuts) {
      const result = await drawn(opened, cut, input);
      const plan = cut.grid === whole.grid ? cut.vae : asPlan(cut.grid);
      const seam = seamRatio(result, untiled, plan, 8).toFixed(3);
      const after = seamRatio(await matched(result, input), untiledMatched, plan, 8).toFixed(3);
      console.log(weights, name, label, seam, after, meanDifference(result.data, untiled.data).toFixed(2));
    }
    await opened.networks.release();
  }
}
