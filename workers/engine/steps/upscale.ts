/**
 * The upscale step: one pass of a network over a picture. Colour and alpha go through the network apart:
 * colour is bled under transparent pixels first, alpha runs as grey and only where it is not constant.
 */

import { at } from '../../../src/base/assert.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { bleedRgb, constantAlpha, restoreFlatAlpha } from '../../../src/picture/alpha.ts';
import { cropped } from '../../../src/picture/crop-store.ts';
import { area, type Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../../src/picture/pixel-store.ts';
import { alphaPlane, blockFromPlanes, rgbPlanes } from '../../../src/picture/planes.ts';
import type { ModelPass } from '../../../src/recipes/passes.ts';
import { Blender } from '../../../src/tiles/blend.ts';
import { planTiles } from '../../../src/tiles/plan.ts';
import type { ModelSession } from '../model-session.ts';
import { observe, type OpenedModel } from '../place.ts';
import { runOriented } from './augment.ts';
import { NetworkTile } from './network-tile.ts';
import type { PassContext, PassWork } from './pass-work.ts';
import { SharedMeans, type Through } from './shared-means.ts';

type Planes = Float32Array<ArrayBuffer>;

interface RunsThrough {
  run(planes: Planes, size: Size, through: Through): Promise<Result<Planes>>;
}

export interface UpscaleOptions {
  /** The read size of the tiles. */
  readonly tileSize: Size;
  readonly pending?: readonly Planes[];
  readonly means?: readonly Planes[];
  readonly limit: Size | null;
}

/** Alpha of the whole picture: one sample value, or null where it varies. */
export async function pictureAlpha(store: PixelStore): Promise<number | null> {
  const rows = Math.max(1, Math.floor(2 ** 20 / store.width));
  let alpha: number | null = null;
  for (let y = 0; y < store.height; y += rows) {
    const height = Math.min(rows, store.height - y);
    const value = constantAlpha(await store.read({ x: 0, y, width: store.width, height }));
    if (value === null || (alpha !== null && value !== alpha)) return null;
    alpha = value;
  }
  return alpha;
}

export function upscalePass(
  pass: ModelPass,
  model: OpenedModel,
  /** From `pictureAlpha`. */
  alpha: number | null,
  { input, output, notice }: PassContext,
  { tileSize, pending, means: gathered, limit }: UpscaleOptions,
): PassWork {
  const { card, pooled } = model.session;
  const store = cropped(input, pass.input);
  const plan = planTiles(store, tileSize, card.tiles);
  const channels = alpha === null ? 4 : 3;
  const blender = new Blender(plan, card.scale, channels, pending);
  // One tile is the whole picture: its own means are the picture's.
  const shares = pooled && plan.tiles.length > 1 ? pooled : null;
  let through: Through = 'colour';
  const session: Pick<ModelSession, 'run' | 'card'> = {
    card,
    // Every orientation is given the means of the picture as it is: tiles must not differ in them, and hardly would.
    run: (planes, size) =>
      shares && means ? shares.run(planes, size, means.of(through)) : model.session.run(planes, size),
  };
  const network = new NetworkTile(session, limit, notice);
  const kinds: readonly Through[] = channels === 4 ? ['colour', 'alpha'] : ['colour'];
  const means = shares && new SharedMeans(shares, card.tiles, plan, network, kinds, gathered);
  const oriented: RunsThrough = {
    run: (planes, size, kind) => {
      through = kind;
      return runOriented(network, pass.orientations ?? 1, card, planes, size);
    },
  };
  const steps = means?.steps ?? 0;
  const most = input.depth === 16 ? 65535 : 255;

  return {
    tiles: steps + plan.tiles.length,
    tileSize,
    run: async (index) => {
      if (means && index < steps) {
        const step = means.step(index);
        const part = await store.read(at(plan.tiles, step.tile).read);
        return means.gather(index, step.through === 'colour' ? rgbPlanes(bleedRgb(part)) : grey(part));
      }
      const tile = at(plan.tiles, index - steps);
      const block = await store.read(tile.read);
      const planes = await enlarge(block, oriented, card.scale, card.keepsFlat, channels);
      if (!planes.ok) return planes;
      const { pixels, seconds } = network.takeTimes();
      if (pixels > 0) observe(model, pixels, seconds);
      const done = blender.add(tile, planes.value);
      const finished = toBlock(done.planes, done.rect, output.depth, alpha === null ? null : alpha / most);
      await output.write(done.rect, finished);
      return ok({ rect: done.rect, block: finished });
    },
    state: () => ({
      pending: blender.pending(),
      limit: network.limit,
      ...(means ? { means: means.state() } : {}),
    }),
  };
}

/** One tile: 3 or 4 planes of the enlarged read rectangle. */
async function enlarge(
  block: PixelBlock,
  network: RunsThrough,
  scale: number,
  keepsFlat: boolean,
  channels: number,
): Promise<Result<Planes>> {
  const rgb = rgbPlanes(bleedRgb(block));
  const colour = keepsFlat ? flatResult(rgb, scale) : null;
  const enlarged = colour ? ok(colour) : await network.run(rgb, block, 'colour');
  if (!enlarged.ok || channels === 3) return enlarged;
  const alpha = await enlargeAlpha(block, network, scale);
  if (!alpha.ok) return alpha;
  const planes = new Float32Array(enlarged.value.length + alpha.value.length);
  planes.set(enlarged.value);
  planes.set(alpha.value, enlarged.value.length);
  return ok(planes);
}

async function enlargeAlpha(block: PixelBlock, network: RunsThrough, scale: number): Promise<Result<Planes>> {
  const constant = constantAlpha(block);
  const most = block.data instanceof Uint16Array ? 65535 : 255;
  const count = area(block) * scale * scale;
  if (constant !== null) return ok(new Float32Array(count).fill(constant / most));

  const result = await network.run(grey(block), block, 'alpha');
  if (!result.ok) return result;
  const alpha = new Float32Array(count);
  const planes = result.value;
  for (let i = 0; i < count; i++) {
    const sum = (planes[i] as number) + (planes[i + count] as number) + (planes[i + 2 * count] as number);
    alpha[i] = Math.min(1, Math.max(0, sum / 3));
  }
  restoreFlatAlpha(alpha, alphaPlane(block), block, scale);
  return ok(alpha);
}

/** Alpha as a grey picture. */
function grey(block: PixelBlock): Planes {
  const source = alphaPlane(block);
  const planes = new Float32Array(source.length * 3);
  for (let channel = 0; channel < 3; channel++) planes.set(source, channel * source.length);
  return planes;
}

/** A flat tile's result without the network (only for networks measured to keep flat colours). */
function flatResult(rgb: Planes, scale: number): Planes | null {
  const count = rgb.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const first = rgb[channel * count];
    for (let i = 1; i < count; i++) if (rgb[channel * count + i] !== first) return null;
  }
  const result = new Float32Array(rgb.length * scale * scale);
  for (let channel = 0; channel < 3; channel++) {
    const size = count * scale * scale;
    result.fill(rgb[channel * count] as number, channel * size, (channel + 1) * size);
  }
  return result;
}

function toBlock(planes: Planes, size: Size, depth: 8 | 16, constant: number | null): PixelBlock {
  const count = area(size);
  const rgb = planes.subarray(0, 3 * count);
  if (constant === null) return blockFromPlanes(rgb, planes.subarray(3 * count), size, depth);
  const alpha = constant === 1 ? null : new Float32Array(count).fill(constant);
  return blockFromPlanes(rgb, alpha, size, depth);
}
