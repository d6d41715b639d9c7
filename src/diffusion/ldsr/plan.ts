/**
 * Latent super-resolution (Rombach et al., CVPR 2022, section 4.5) as a refining without text: one canvas, whose latent map has the
 * picture's own size, is denoised from noise alone by a network that sees the picture beside it, and decoded four times as large.
 */

import { at } from '../../base/assert.ts';
import type { Size } from '../../picture/geometry.ts';
import { planTiles } from '../../tiles/plan.ts';
import { noiseField } from '../noise/noise-field.ts';
import type { Canvas } from '../refine/canvas.ts';
import type { PlannedRefine } from '../refine/order.ts';
import { leastSigma, scaledLinearSchedule } from '../schedule/noise-schedule.ts';
import type { StepPlan } from '../schedule/plan.ts';
import { fullLevels } from '../schedule/spacing.ts';
import { evenGrid } from '../tiles/grid.ts';
import { type LdsrChoices, ldsrScale } from './choices.ts';

export interface LdsrMeans {
  /** The largest side of the decoder's tiles, and what the network's sides must be a multiple of, in places of the latent map. */
  readonly vaeTile: number;
  readonly multiple: number;
}

const form = { channels: 3, from: 1, to: ldsrScale } as const;

/** As of refining: its attention and norms see all of a tile, so neighbours are mixed over 64 pixels of the result. */
const decoderRules = { context: 8, blend: 16, multiple: 1 } as const;

/** Of the published model: https://github.com/CompVis/latent-diffusion, models/ldm/bsr_sr. */
const betas = { first: 0.0015, last: 0.0155 } as const;

/** Everything that enlarging a picture of `size` asks of the networks. */
export function planLdsr(size: Size, choices: LdsrChoices, means: LdsrMeans): PlannedRefine {
  const plan = ldsrSteps(choices);
  const canvas = canvasOf(size, plan, choices, means);
  return {
    sdUpscale: null,
    ultimate: null,
    order: {
      canvases: [canvas],
      inTurn: false,
      fromNoise: true,
      script: { rows: [], evaluations: plan.timesteps.map(() => [[]]), branches: 1 },
      chunk: (row) => {
        throw new RangeError(`There is no text, and so no row ${row}`);
      },
      // It sees the picture at every step, and nothing is weighed.
      denoising: { guidance: 1, control: () => [] },
      field: () => noiseField(choices.noise, choices.seed, { channels: form.channels, ...canvas.size }),
    },
  };
}

/** DDIM (Song et al. 2020) from noise alone down to the least level; the noise of the start has variance one in the network's own latents. */
export function ldsrSteps({ steps, eta }: Pick<LdsrChoices, 'steps' | 'eta'>): StepPlan {
  const schedule = scaledLinearSchedule(betas.first, betas.last);
  const levels = fullLevels(schedule, 'leading', steps);
  return {
    sampler: 'ddim',
    sigmas: [...levels.map(({ sigma }) => sigma), leastSigma(schedule)],
    timesteps: levels.map(({ timestep }) => timestep),
    eta,
    start: { latent: 0, noise: Math.hypot(at(levels, 0).sigma, 1) },
  };
}

/** A picture larger than a tile has a place a pixel; a smaller one is a tile, whose sides suit the network: its edges are repeated. */
function canvasOf(
  { width, height }: Size,
  plan: StepPlan,
  { tile: asked, overlap, seed }: LdsrChoices,
  { vaeTile, multiple }: LdsrMeans,
): Canvas {
  const tile = Math.ceil(asked / multiple) * multiple;
  const sideOf = (pixels: number): number =>
    pixels >= tile ? pixels : Math.min(tile, Math.ceil(pixels / multiple) * multiple);
  const size = { width: sideOf(width), height: sideOf(height) };
  const shape = { width: Math.min(tile, size.width), height: Math.min(tile, size.height) };
  const shared = Math.min(overlap, shape.width - 1, shape.height - 1);
  return {
    form,
    rect: { x: 0, y: 0, ...size },
    size,
    grid: evenGrid(size, shape, shared),
    vae: planTiles(size, { width: vaeTile, height: vaeTile }, decoderRules),
    seed,
    steps: { plan, evaluations: plan.timesteps.length },
  };
}
