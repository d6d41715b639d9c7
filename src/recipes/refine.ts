/**
 * The refine step: the picture is redrawn tile by tile by a diffusion model that starts from the picture itself (img2img).
 * Its size stays. What is not given takes the value of `refineDefaults`.
 */

import type { NoiseSource } from '../diffusion/noise/noise-field.ts';
import type { SamplerName, SpacingName } from '../diffusion/samplers/names.ts';
import type { RefineControl, RefineTiles } from '../diffusion/refine/choices.ts';
import type { StrengthRule } from '../diffusion/schedule/plan.ts';
import type { RedrawOrder, SeamFix } from '../diffusion/tiles/ultimate-options.ts';

export const samplers = [
  'ddim',
  'euler',
  'euler-a',
  'heun',
  'dpmpp-2m',
  'dpmpp-2m-sde',
  'dpmpp-3m-sde',
  'lcm',
  'turbo',
] as const satisfies readonly SamplerName[];
export const spacings = ['normal', 'karras', 'trailing'] as const satisfies readonly SpacingName[];
export const strengthRules = ['level', 'sampler', 'diffusers'] as const satisfies readonly StrengthRule[];
export const noiseSources = ['philox', 'mt19937'] as const satisfies readonly NoiseSource[];

/** Of Ultimate SD Upscale. */
export const redrawOrders = ['linear', 'chess', 'none'] as const satisfies readonly RedrawOrder[];
export const seamFixes = [
  'none',
  'band',
  'half-tile',
  'half-tile-intersections',
] as const satisfies readonly SeamFix[];
export type ControlMode = NonNullable<RefineControl['mode']>;
export const controlModes = ['balanced', 'prompt', 'control'] as const satisfies readonly ControlMode[];

export const colourMatches = ['wavelet', 'mean', 'none'] as const;
export type ColourMatch = (typeof colourMatches)[number];

/**
 * Files of those that come with the job: by path, by name, or by a folder that they are in. Parts are found by what the files hold, in
 * all of them, or where a checkpoint is named in those that are named.
 */
export interface RefineWeights {
  /** A checkpoint, or the UNet alone. */
  readonly checkpoint?: string;
  readonly text?: string;
  readonly vae?: string;
  /** For decoding previews, or all of the decoding where there is no VAE. */
  readonly taesd?: string;
  readonly loras?: readonly { readonly file: string; readonly weight: number }[];
  readonly embeddings?: readonly string[];
}

/** The ControlNet's file, by name; one that is there is used when none is named. */
export type FiledControl = RefineControl & { readonly file?: string };

export interface RefineStep {
  readonly kind: 'refine';
  readonly weights?: RefineWeights;
  readonly prompt?: string;
  readonly negative?: string;
  /** Denoising strength, 0 to 1. */
  readonly strength?: number;
  readonly strengthRule?: StrengthRule;
  readonly steps?: number;
  /** Whether all steps are spent on what the strength leaves; they are shortened with it otherwise. */
  readonly exactSteps?: boolean;
  readonly sampler?: SamplerName;
  /** The sampler's usual one when it is not given. */
  readonly spacing?: SpacingName;
  /** CFG; at 1 the negative prompt is not looked at. */
  readonly guidance?: number;
  readonly seed?: number;
  readonly noise?: NoiseSource;
  /** 1: the text encoder's last layer. */
  readonly clipSkip?: number;
  readonly tiles?: RefineTiles;
  readonly control?: FiledControl;
  readonly colour?: ColourMatch;
}

export const refineDefaults = {
  prompt: '',
  negative: '',
  strength: 0.35,
  strengthRule: 'level',
  steps: 20,
  sampler: 'dpmpp-2m',
  guidance: 7,
  seed: 0,
  noise: 'philox',
  colour: 'wavelet',
} as const satisfies Partial<RefineStep>;

/** A step with every choice made that does not depend on the weights. */
export type FullRefineStep = RefineStep & Required<Pick<RefineStep, keyof typeof refineDefaults>>;

/** The step with `refineDefaults` where it says nothing. */
export function withDefaults(step: RefineStep): FullRefineStep {
  return { ...refineDefaults, ...step };
}
