/**
 * A canvas: a latent map that is denoised as a whole. In joint mode there is one, the picture; in SD Upscale every tile is one.
 * All lengths but those of `rect` are places of the latent map.
 */

import type { Rect, Size } from '../../picture/geometry.ts';
import { planTiles, type TilePlan } from '../../tiles/plan.ts';
import type { StepPlan } from '../schedule/plan.ts';
import { evenGrid, type EvenGrid } from '../tiles/grid.ts';
import { latentScale } from '../tiles/joint.ts';

/** How a latent map stands to the pictures before and after it. */
export interface LatentForm {
  readonly channels: number;
  /** Pixels along each side of a place: of what it is drawn from, and of what is drawn. */
  readonly from: number;
  readonly to: number;
}

/** Of models that redraw. */
export const redrawing: LatentForm = { channels: 4, from: latentScale, to: latentScale };

export interface Canvas {
  readonly form: LatentForm;
  /** Of what it is drawn from, in pixels; it may hang over the right and the bottom edge, where the edge is repeated. */
  readonly rect: Rect;
  readonly size: Size;
  /** Where the UNet looks at it. */
  readonly grid: EvenGrid;
  /** Where the VAE does. */
  readonly vae: TilePlan;
  readonly seed: number;
  readonly steps: CanvasSteps;
}

export interface CanvasSteps {
  readonly plan: StepPlan;
  /** How often the UNet is asked for the whole canvas (`askedStill`). */
  readonly evaluations: number;
}

export interface CanvasOptions {
  /** Sides and overlap of the UNet's tiles. */
  readonly tile: number;
  readonly overlap: number;
  /** The largest side of the VAE's tiles. */
  readonly vaeTile: number;
  /** What the UNet's sides must be a multiple of. */
  readonly multiple: number;
}

/**
 * What a tile of the VAE sees beyond what is kept of it, and what neighbours share and mix. Its attention and norms see all of a tile, so
 * no context is ever enough and tiles differ in tone: a rim of 64 pixels hides that better than more context (docs/benchmarks.md).
 */
export const vaeRules = { context: 4, blend: 8, multiple: 1 } as const;

/** One canvas for a picture of `size` pixels. */
export function pictureCanvas(size: Size, seed: number, steps: CanvasSteps, options: CanvasOptions): Canvas {
  const width = sideOf(size.width, options);
  const height = sideOf(size.height, options);
  const rect = { x: 0, y: 0, width: width * latentScale, height: height * latentScale };
  return canvasAt(rect, seed, steps, options);
}

/** A canvas over a rectangle whose sides are multiples of 8 pixels. */
export function canvasAt(
  rect: Rect,
  seed: number,
  steps: CanvasSteps,
  { tile, overlap, vaeTile }: CanvasOptions,
): Canvas {
  const size = { width: rect.width / latentScale, height: rect.height / latentScale };
  const shape = { width: Math.min(tile, size.width), height: Math.min(tile, size.height) };
  const shared = Math.min(overlap, shape.width - 1, shape.height - 1);
  return {
    form: redrawing,
    rect,
    size,
    grid: evenGrid(size, shape, shared),
    vae: planTiles(size, { width: vaeTile, height: vaeTile }, vaeRules),
    seed,
    steps,
  };
}

/** A side as long as a tile and longer only needs whole places; a shorter one is a tile itself, and has to suit the UNet. */
function sideOf(pixels: number, { tile, multiple }: CanvasOptions): number {
  const places = Math.ceil(pixels / latentScale);
  return places >= tile ? places : Math.min(tile, Math.ceil(places / multiple) * multiple);
}
