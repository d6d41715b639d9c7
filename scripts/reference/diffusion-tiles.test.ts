/** Tiles of a redrawn picture against Pillow, numpy and torch: grids, ramps, weights, masks, crops and colours. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at } from '../../src/base/assert.ts';
import { evenGrid, evenStarts } from '../../src/diffusion/tiles/grid.ts';
import { LatentJoiner } from '../../src/diffusion/tiles/latent-joiner.ts';
import { RampJoiner } from '../../src/diffusion/tiles/ramp-joiner.ts';
import { maskBox, maskOver, type JobMask } from '../../src/diffusion/tiles/ultimate-mask.ts';
import { visibleCrop } from '../../src/diffusion/tiles/ultimate-paste.ts';
import { cropFor } from '../../src/diffusion/tiles/ultimate.ts';
import { matchWavelet } from '../../src/picture/colour-match-wavelet.ts';
import { ColourMoments, matchMoments } from '../../src/picture/colour-match.ts';
import { blockFromPlanes } from '../../src/picture/planes.ts';
import { compare } from './compare.ts';

type Pair = [number, number];
type Four = [number, number, number, number];

interface Files {
  grids: [length: number, tile: number, overlap: number, starts: number[]][];
  combined: { picture: Pair; tile: Pair; overlap: number; pixels: string }[];
  joined: { map: Pair; tile: Pair; overlap: number; values: string }[];
  masks: {
    name: string;
    picture: Pair;
    box: Four;
    blur: number;
    padding: number;
    size: Pair;
    shape: JobMask['shape'];
    crop: Four;
    rows: number[];
    values: string;
  }[];
  colours: {
    size: Pair;
    levels: number;
    redrawn: string;
    source: string;
    wavelet: string;
    moments: string;
  }[];
}

function reference<K extends keyof Files>(name: K): Files[K] {
  const path = join(import.meta.dirname, 'diffusion', 'tiles', `${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Files[K];
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64'));
const floats = (text: string): Float32Array<ArrayBuffer> => new Float32Array(bytes(text).buffer);
const sizeOf = ([width, height]: Pair): { width: number; height: number } => ({ width, height });
const rectOf = ([x, y, width, height]: Four): { x: number; y: number; width: number; height: number } => ({
  x,
  y,
  width,
  height,
});

function furthest(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  let most = 0;
  for (let i = 0; i < one.length; i++) most = Math.max(most, Math.abs(at(one, i) - at(other, i)));
  return most;
}

describe('tiles against other programs', () => {
  it('begin where AUTOMATIC1111 has them', () => {
    for (const [length, tile, overlap, starts] of reference('grids')) {
      expect(evenStarts(length, tile, overlap)).toEqual(starts);
    }
  });

  it.each(reference('combined'))(
    'are laid over one another as by Pillow: $picture, tiles $tile, overlap $overlap',
    (example) => {
      const picture = sizeOf(example.picture);
      const tile = sizeOf(example.tile);
      const plan = { picture, grid: evenGrid(picture, tile, example.overlap) };
      const joiner = new RampJoiner(plan, 8);
      const result = new Uint8Array(picture.width * picture.height * 3);
      for (const { index, rect } of plan.grid.tiles) {
        const data = new Uint8ClampedArray(tile.width * tile.height * 4).fill(255);
        for (let y = 0, i = 0; y < tile.height; y++) {
          for (let x = 0; x < tile.width; x++, i += 4) {
            for (let c = 0; c < 3; c++)
              data[i + c] = (x * 37 + y * 91 + c * 53 + x * y * 17 + index * 71) % 256;
          }
        }
        const done = joiner.add(at(plan.grid.tiles, index), { ...rect, data });
        for (let y = 0, i = 0; y < done.rect.height; y++) {
          for (let x = 0; x < done.rect.width; x++, i += 4) {
            const to = ((done.rect.y + y) * picture.width + done.rect.x + x) * 3;
            result.set(done.block.data.subarray(i, i + 3), to);
          }
        }
      }
      expect(compare(result, bytes(example.pixels)).most).toBe(0);
    },
  );

  it.each(reference('joined'))('are joined as in torch: $map, tiles $tile', (example) => {
    const grid = evenGrid(sizeOf(example.map), sizeOf(example.tile), example.overlap);
    const joiner = new LatentJoiner(grid, 4);
    const count = 4 * grid.tile.width * grid.tile.height;
    for (const tile of grid.tiles) {
      joiner.add(
        tile,
        Float32Array.from({ length: count }, (_, i) => Math.sin((i + 1000 * tile.index) * 0.37)),
      );
    }
    expect(furthest(joiner.take(), floats(example.values))).toBeLessThan(1e-6);
  });

  it.each(reference('masks'))('have the masks and crops of inpainting: $name at $box', (example) => {
    const picture = sizeOf(example.picture);
    const mask = { shape: example.shape, box: rectOf(example.box), blur: example.blur };
    const size = sizeOf(example.size);
    const crop = cropFor(maskBox(mask, picture), example.padding, size, picture);
    const visible = visibleCrop({ crop }, picture);
    const expected = rectOf(example.crop);
    const cornersOf = (rect: typeof expected): number[] => [
      rect.x,
      rect.y,
      rect.x + rect.width,
      rect.y + rect.height,
    ];
    // Slopes made by resizing an 8-bit picture end a pixel earlier or later.
    const exact = example.name.startsWith('redraw');
    const slack = exact ? 0 : 2;
    expect(furthest(cornersOf(visible), cornersOf(expected))).toBeLessThanOrEqual(slack);
    const values = bytes(example.values);
    for (const [i, y] of example.rows.entries()) {
      const line = maskOver(mask, { x: 0, y, width: picture.width, height: 1 }, picture);
      const wanted = values.subarray(i * picture.width, (i + 1) * picture.width);
      // In levels of 255: roundings, and what 8-bit gradients are coarser.
      expect(
        furthest(
          line.map((value) => value * 255),
          wanted,
        ),
      ).toBeLessThan(exact ? 1.01 : 2.6);
    }
  });

  it.each(reference('colours'))('take colours as in torch: $size, $levels levels', (example) => {
    const size = sizeOf(example.size);
    const source = floats(example.source);
    const redrawn = floats(example.redrawn);
    matchWavelet(redrawn, source, size, example.levels);
    expect(furthest(redrawn, floats(example.wavelet))).toBeLessThan(2e-6);

    const other = floats(example.redrawn);
    const moments = (planes: Float32Array): ColourMoments => new ColourMoments().add(planes, size);
    matchMoments(other, moments(other), moments(source));
    expect(furthest(other, floats(example.moments))).toBeLessThan(2e-6);
    // Not the same thing, so neither of the two tests above can pass by itself.
    const [one, two] = [redrawn, other].map((planes) => blockFromPlanes(planes, null, size, 8).data);
    expect(one).not.toEqual(two);
  });
});
