/**
 * How the VAE runs on pictures of any size: in latent tiles of one shape, of which the outermost places are discarded and a
 * rim is mixed with the neighbour's (tiles/plan.ts and tiles/blend.ts, as for every other network).
 */

import type { Rect, Size } from '../../picture/geometry.ts';
import { planTiles, type TilePlan } from '../../tiles/plan.ts';
import type { TileRules } from '../../tiles/rules.ts';
import { latentScale } from './joint.ts';

/** Lengths are places of the latent map. */
export interface VaeTileOptions {
  /** The one shape that the graphs are built for. */
  readonly tile: Size;
  /** What neighbours share at least; a quarter of the tile where that is less. */
  readonly overlap: number;
}

/**
 * 512 pixels: the largest of which the decoder in fp16 binds no more than 128 MiB (in fp32: 44 places, 352 pixels). Half the overlap
 * is the mixed rim, 64 pixels wide, over which a difference of tone between tiles is hard to see.
 */
export const vaeTileDefaults: VaeTileOptions = { tile: { width: 64, height: 64 }, overlap: 16 };

/**
 * Tiles over a latent map of `size`. Decode: each tile's `read` of the map, joined by `new Blender(plan, 8, 3)`. Encode: the `vaePixels` of each `read`,
 * joined by `new Blender(plan, 1, 4)`. A map smaller than a tile has one read of its own size; `padPlanes` with `vaeRules` fills it.
 */
export function planVae(size: Size, options: VaeTileOptions = vaeTileDefaults): TilePlan {
  return planTiles(size, options.tile, vaeRules(options));
}

/** The tile rules of a VAE: a quarter of the overlap discarded on either side, half of it mixed. */
export function vaeRules({ tile, overlap }: VaeTileOptions): TileRules {
  const shared = Math.min(overlap, Math.floor(Math.min(tile.width, tile.height) / 4));
  const context = Math.floor(shared / 4);
  return { context, blend: shared - 2 * context, multiple: 1, fixed: tile };
}

/** The pixels that a rectangle of the latent map stands for. */
export function vaePixels({ x, y, width, height }: Rect): Rect {
  return {
    x: x * latentScale,
    y: y * latentScale,
    width: width * latentScale,
    height: height * latentScale,
  };
}
