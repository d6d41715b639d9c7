/** What a person chooses of refining (the recipe's step has just these), and what each mode takes where nothing is chosen. */

import type { NoiseSource } from '../noise/noise-field.ts';
import type { SamplerName, SpacingName } from '../samplers/names.ts';
import type { StrengthRule } from '../schedule/plan.ts';
import type { RedrawOrder, SeamFix } from '../tiles/ultimate-options.ts';

/** All tiles are denoised together and joined at every step. Sides in pixels, multiples of 64; overlaps of 8. */
export interface JointTiles {
  readonly mode: 'joint';
  readonly tile?: number;
  readonly overlap?: number;
}

/** AUTOMATIC1111's SD Upscale script: tiles with linear ramps, row then column, a seed of its own for each. */
export interface SdUpscaleTiles {
  readonly mode: 'sd-upscale';
  readonly tile?: number;
  readonly overlap?: number;
}

/** Ultimate SD Upscale: tiles are redrawn in place, one after another, and their seams after that. */
export interface UltimateTiles {
  readonly mode: 'ultimate';
  readonly tile?: number;
  readonly padding?: number;
  readonly maskBlur?: number;
  readonly redraw?: RedrawOrder;
  readonly seams?: SeamFix;
  readonly seamStrength?: number;
  readonly seamWidth?: number;
  readonly seamPadding?: number;
  readonly seamBlur?: number;
}

export type RefineTiles = JointTiles | SdUpscaleTiles | UltimateTiles;

/** A ControlNet that sees the picture itself. `start` and `end` are fractions of the steps. */
export interface RefineControl {
  readonly weight?: number;
  readonly start?: number;
  readonly end?: number;
  /** Which of prompt and ControlNet is more important. */
  readonly mode?: 'balanced' | 'prompt' | 'control';
}

export interface RefineChoices {
  readonly prompt: string;
  readonly negative: string;
  /** Denoising strength, 0 to 1. */
  readonly strength: number;
  readonly strengthRule: StrengthRule;
  readonly steps: number;
  readonly exactSteps?: boolean;
  readonly sampler: SamplerName;
  readonly spacing?: SpacingName;
  /** CFG; at 1 the negative prompt is not looked at. */
  readonly guidance: number;
  readonly seed: number;
  readonly noise: NoiseSource;
  readonly tiles?: RefineTiles;
  readonly control?: RefineControl;
}
