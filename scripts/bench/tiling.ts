/**
 * Tiled against untiled, for every shipped model, with the engine's own upscale step:
 * `npm run bench -- tiling [MODEL...]`. Odd sizes from 1x1 to 200x72, and a 600x400 photo in at least 6 tiles.
 */

import { readFile } from 'node:fs/promises';
import { decode } from 'fast-png';
import type { ModelCard } from '../../src/models/card.ts';
import { area, rectOf, type Rect, type Size } from '../../src/picture/geometry.ts';
import { MemoryStore } from '../../src/picture/memory-store.ts';
import { maxDifference, meanDifference } from '../../src/picture/metrics.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { fitTile } from '../../src/tiles/fit.ts';
import { planTiles } from '../../src/tiles/plan.ts';
import { seamRatio } from '../../src/tiles/seam.ts';
import type { ModelSession } from '../../workers/engine/model-session.ts';
import { upscalePass } from '../../workers/engine/steps/upscale.ts';
import { must } from './must.ts';
import { nodeSession, readCatalogue } from './node-session.ts';

const photoUrl = new URL('../../playwright/pictures/coffee.png', import.meta.url);
const sizes: readonly Size[] = [
  [1, 1],
  [1, 7],
  [3, 2],
  [13, 5],
  [33, 31],
  [97, 61],
  [131, 130],
  [200, 72],
].map(([width = 1, height = 1]) => ({ width, height }));

/** Cuts the photo into 6 tiles or more; the engine itself takes tiles at least as large. */
const photoTile: Size = { width: 256, height: 256 };

async function readPhoto(): Promise<PixelBlock> {
  const { width, height, data, channels } = decode(await readFile(photoUrl));
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++)
      pixels[i * 4 + channel] = Number(data[i * channels + channel]);
  }
  return { width, height, data: pixels };
}

async function enlarge(session: ModelSession, picture: PixelBlock, tileSize: Size): Promise<PixelBlock> {
  const { card } = session;
  const input = must(MemoryStore.create(picture, 8));
  await input.write(rectOf(picture), picture);
  const size = { width: picture.width * card.scale, height: picture.height * card.scale };
  const output = must(MemoryStore.create(size, 8));
  const work = upscalePass(
    { kind: 'model', step: 0, model: card.id, scale: card.scale, input: rectOf(picture), output: size },
    {
      session,
      measured: { model: card.id, backend: 'wasm', precision: 'fp32', pixelsPerSecond: 1 },
      notice: null,
    },
    255,
    { input, output, notice: () => undefined },
    { tileSize, limit: null },
  );
  for (let tile = 0; tile < work.tiles; tile++) must(await work.run(tile));
  return output.read(rectOf(size));
}

async function crop(picture: PixelBlock, rect: Rect): Promise<PixelBlock> {
  const store = must(MemoryStore.create(picture, 8));
  await store.write(rectOf(picture), picture);
  return store.read(rect);
}

async function compare(
  card: ModelCard,
  session: ModelSession,
  picture: PixelBlock,
  tileSize: Size,
): Promise<void> {
  const plan = planTiles(picture, tileSize, card.tiles);
  const untiled = await enlarge(session, picture, picture);
  const tiled = await enlarge(session, picture, tileSize);
  const figures = [
    card.id.padEnd(12),
    `${picture.width}x${picture.height}`.padEnd(8),
    `${plan.columns}x${plan.rows} tiles of ${plan.tile.width}x${plan.tile.height}`.padEnd(28),
    `max ${maxDifference(tiled, untiled)}`.padEnd(8),
    `mean ${meanDifference(tiled, untiled).toFixed(4)}`,
    `seam ${seamRatio(tiled, untiled, plan, card.scale).toFixed(4)}`,
  ];
  console.log(figures.join('  '));
}

const wanted = process.argv.slice(2);
const photo = await readPhoto();
for (const card of (await readCatalogue()).models) {
  if (wanted.length > 0 && !wanted.includes(card.id)) continue;
  const session = await nodeSession(card);
  for (const size of sizes) {
    const part = await crop(photo, { x: 180, y: 120, ...size });
    // Small tiles, so that even these sizes are cut.
    await compare(card, session, part, fitTile(part, card.tiles, area(part) / 2));
  }
  await compare(card, session, photo, photoTile);
  await session.release();
}
