/** What a refine step may say. */

import * as v from 'valibot';
import { jointDefaults } from '../diffusion/tiles/joint.ts';
import { file, from, oneOf, text, unexpected, whole } from './validate-words.ts';
import {
  colourMatches,
  controlModes,
  noiseSources,
  redrawOrders,
  samplers,
  seamFixes,
  spacings,
  strengthRules,
} from './refine.ts';

/** AUTOMATIC1111's own limits. */
const most = { steps: 150, guidance: 30, tile: 2048, overlap: 1024, padding: 512, blur: 64 } as const;

const weights = v.strictObject(
  {
    checkpoint: v.exactOptional(file),
    text: v.exactOptional(file),
    vae: v.exactOptional(file),
    taesd: v.exactOptional(file),
    loras: v.exactOptional(
      v.array(v.strictObject({ file, weight: from(-4, 4) }, unexpected), 'must be a list of LoRAs'),
    ),
    embeddings: v.exactOptional(v.array(file, 'must be a list of file names')),
  },
  unexpected,
);

const tile = v.exactOptional(whole(64, most.tile, 64));
const overlap = v.exactOptional(whole(0, most.overlap, 8));
const joint = v.strictObject({ mode: v.literal('joint'), tile, overlap }, unexpected);
const sdUpscale = v.strictObject({ mode: v.literal('sd-upscale'), tile, overlap }, unexpected);
const ultimate = v.strictObject(
  {
    mode: v.literal('ultimate'),
    tile,
    padding: v.exactOptional(whole(0, most.padding)),
    maskBlur: v.exactOptional(whole(0, most.blur)),
    redraw: v.exactOptional(oneOf(redrawOrders)),
    seams: v.exactOptional(oneOf(seamFixes)),
    seamStrength: v.exactOptional(from(0, 1)),
    seamWidth: v.exactOptional(whole(0, 512)),
    seamPadding: v.exactOptional(whole(0, most.padding)),
    seamBlur: v.exactOptional(whole(0, most.blur)),
  },
  unexpected,
);
const modes = ['joint', 'sd-upscale', 'ultimate'] as const;
const tiles = v.pipe(
  v.variant('mode', [joint, sdUpscale, ultimate], `needs a mode: one of ${modes.join(', ')}`),
  v.check(
    (chosen) => chosen.mode === 'ultimate' || (chosen.overlap ?? 0) <= mostOverlap(chosen),
    ({ input }) => `must have an overlap of at most half a tile, which is ${mostOverlap(input)} pixels`,
  ),
);

/** As of AUTOMATIC1111's SD Upscale. Beyond it most of a picture is drawn again and again. */
function mostOverlap({ tile: side = jointDefaults.tile.width }: { readonly tile?: number }): number {
  return side / 2;
}

const control = v.pipe(
  v.strictObject(
    {
      file: v.exactOptional(file),
      weight: v.exactOptional(from(0, 3)),
      start: v.exactOptional(from(0, 1)),
      end: v.exactOptional(from(0, 1)),
      mode: v.exactOptional(oneOf(controlModes)),
    },
    unexpected,
  ),
  v.check(({ start = 0, end = 1 }) => start < end, 'must start before it ends'),
);

export const refine = v.strictObject(
  {
    kind: v.literal('refine'),
    weights: v.exactOptional(weights),
    prompt: v.exactOptional(text),
    negative: v.exactOptional(text),
    strength: v.exactOptional(from(0, 1)),
    strengthRule: v.exactOptional(oneOf(strengthRules)),
    steps: v.exactOptional(whole(1, most.steps)),
    exactSteps: v.exactOptional(v.boolean('must be true or false')),
    sampler: v.exactOptional(oneOf(samplers)),
    spacing: v.exactOptional(oneOf(spacings)),
    guidance: v.exactOptional(from(0, most.guidance)),
    seed: v.exactOptional(whole(0, 2 ** 32 - 1)),
    noise: v.exactOptional(oneOf(noiseSources)),
    clipSkip: v.exactOptional(whole(1, 12)),
    tiles: v.exactOptional(tiles),
    control: v.exactOptional(control),
    colour: v.exactOptional(oneOf(colourMatches)),
  },
  unexpected,
);
