/** What the calls of refining cost beside each other, before any was timed. */

import { at } from '../../../src/base/assert.ts';
import { operationsOf, type Operation } from '../../../src/diffusion/refine/operations.ts';
import type { PlannedRefine } from '../../../src/diffusion/refine/order.ts';
import { area, type Size } from '../../../src/picture/geometry.ts';
import type { PassEstimate, TileCost } from '../jobs/progress.ts';

/**
 * For a tile of 512 pixels on a small GPU, by what is published of onnxruntime there: Stable Diffusion 2's UNet 0.6, its decoder
 * 1.85; an encoder works about half as much as its decoder. Only how they compare matters here.
 */
const tileSeconds: Readonly<Record<Operation['kind'], number>> = {
  text: 0.1,
  encode: 1,
  predict: 0.6,
  decode: 1.85,
};
/** Of a tile of 512 pixels in the latent map. */
const tilePlaces = 64 ** 2;

export function refineEstimate(planned: PlannedRefine | undefined): PassEstimate {
  if (!planned) return { tiles: 0, seconds: 0 };
  const { canvases, script, inTurn, fromNoise = false } = planned.order;
  const operations = operationsOf(canvases, {
    chunks: script.rows.length,
    branches: script.branches,
    inTurn,
    fromNoise,
  });
  const costs = operations.map((operation): TileCost => {
    const { kind } = operation;
    if (operation.kind === 'text') return { kind, seconds: tileSeconds.text };
    const { grid, vae } = at(canvases, operation.canvas);
    const tile: Size = operation.kind === 'predict' ? grid.tile : vae.tile;
    return { kind, seconds: (tileSeconds[kind] * area(tile)) / tilePlaces };
  });
  return { tiles: costs.length, seconds: costs.reduce((sum, { seconds }) => sum + seconds, 0), costs };
}
