/** Tiles and texts of a step against the lengths that ready-made graphs insist on. */

import { failure, fail, ok, type Result } from '../../../src/base/result.ts';
import type { Failure } from '../../../src/base/errors.ts';
import type { PlannedRefine } from '../../../src/diffusion/refine/order.ts';
import { latentScale } from '../../../src/diffusion/tiles/joint.ts';
import { ultimateDefaults } from '../../../src/diffusion/tiles/ultimate-options.ts';
import type { FullRefineStep } from '../../../src/recipes/refine.ts';
import type { LoadedModel } from './loaded-model.ts';

type Fixed = NonNullable<LoadedModel['fixed']>;

const chunkTokens = 77;
const chunkWords = 75;

/**
 * The step with tiles of the one size that a UNet takes, where it says nothing of tiles. Failures: `recipe-invalid` where it asks for
 * others.
 */
export function withOneTile(step: FullRefineStep, { unet }: Fixed): Result<FullRefineStep> {
  if (unet === null) return ok(step);
  const pixels = unet * latentScale;
  const { tiles = { mode: 'joint' } } = step;
  if (tiles.mode === 'ultimate') {
    // What is processed is a tile and its padding, rounded up to what the UNet takes.
    const { padding = ultimateDefaults.padding } = tiles;
    const tile = tiles.tile ?? Math.max(64, pixels - 2 * padding);
    return ok({ ...step, tiles: { ...tiles, tile } });
  }
  if (tiles.tile !== undefined && tiles.tile !== pixels) return refuseTile(pixels);
  return ok({ ...step, tiles: { ...tiles, tile: pixels } });
}

/** What of a plan the graphs cannot take; null for none. */
export function planFault({ order }: PlannedRefine, { unet, tokens, vae }: Fixed): Failure | null {
  const sides = order.canvases.flatMap(({ grid }) => [grid.tile.width, grid.tile.height]);
  if (unet !== null && sides.some((side) => side !== unet)) return tileFault(unet * latentScale);
  const seen = order.canvases.flatMap((canvas) => [canvas.vae.tile.width, canvas.vae.tile.height]);
  if (vae !== null && seen.some((side) => side > vae)) {
    return failure(
      'model-unsupported',
      `This model's VAE is an ONNX graph for pictures of ${vae * latentScale} pixels, which is less than its tiles need. Add another VAE, ` +
        'or TAESD.',
      { reason: 'onnx-size' },
    );
  }
  const chunks = Math.max(
    1,
    ...order.script.evaluations.flatMap((branches) => branches.map(({ length }) => length)),
  );
  if (tokens !== null && chunks * chunkTokens !== tokens) {
    const most = tokens / chunkTokens;
    return failure(
      'prompt-too-long',
      `This model's UNet is an ONNX graph for ${most * chunkWords} tokens of text, and the prompt or the negative prompt has more. Shorten it.`,
      { maximumChunks: most },
    );
  }
  return null;
}

function refuseTile(pixels: number): Result<never> {
  const error = tileFault(pixels);
  return fail(error.code, error.message, error.detail);
}

function tileFault(pixels: number): Failure {
  return failure(
    'recipe-invalid',
    `This model's UNet is an ONNX graph that draws tiles of ${pixels} x ${pixels} pixels and no others. Choose that tile size (and with ` +
      'SD Upscale or Ultimate SD Upscale a picture and paddings that make such tiles), or take the model as .safetensors.',
    { reason: 'onnx-size', tile: pixels },
  );
}
