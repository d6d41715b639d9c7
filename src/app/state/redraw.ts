/** What a person chose of redrawing (the recipe's step `refine`), as it is remembered. */

import type { NoiseSource } from '../../diffusion/noise/noise-field.ts';
import type { SamplerName, SpacingName } from '../../diffusion/samplers/names.ts';
import type { StrengthRule } from '../../diffusion/schedule/plan.ts';
import type { RedrawOrder, SeamFix } from '../../diffusion/tiles/ultimate-options.ts';
import {
  colourMatches,
  controlModes,
  noiseSources,
  redrawOrders,
  refineDefaults,
  samplers,
  seamFixes,
  spacings,
  strengthRules,
  type ColourMatch,
  type ControlMode,
} from '../../recipes/refine.ts';
import { oneOf, recordOf, within } from './read-stored.ts';

export const redrawModes = ['joint', 'sd-upscale', 'ultimate'] as const;
export type RedrawMode = (typeof redrawModes)[number];

export interface Redraw {
  /** Whether the panel shows it, and all of it. */
  readonly open: boolean;
  readonly more: boolean;
  readonly on: boolean;
  /** An entry's id; null for the first that can draw. */
  readonly model: string | null;
  readonly prompt: string;
  readonly negative: string;
  readonly strength: number;
  readonly seed: number;
  /** Null for what the model usually takes, in these three. */
  readonly steps: number | null;
  readonly sampler: SamplerName | null;
  readonly guidance: number | null;
  /** Of latent super-resolution; null for the usual. */
  readonly ldsrSteps: number | null;
  /** Null for the sampler's usual one. */
  readonly spacing: SpacingName | null;
  readonly mode: RedrawMode;
  /** In pixels. `overlap` is the padding of `ultimate`. */
  readonly tile: number;
  readonly overlap: number;
  /** Of `ultimate`. */
  readonly order: RedrawOrder;
  readonly seams: SeamFix;
  readonly loras: readonly { readonly id: string; readonly weight: number }[];
  /** A ControlNet's id, or null for none. */
  readonly control: string | null;
  readonly resemblance: number;
  readonly controlMode: ControlMode;
  /** Fractions of the steps. */
  readonly controlStart: number;
  readonly controlEnd: number;
  /** Null for the model's own. */
  readonly clipSkip: number | null;
  readonly colour: ColourMatch;
  readonly strengthRule: StrengthRule;
  readonly noise: NoiseSource;
}

export const redrawRanges = {
  strength: { least: 0, most: 1 },
  seed: { least: 0, most: 2 ** 32 - 1 },
  steps: { least: 1, most: 150 },
  ldsrSteps: { least: 1, most: 1000 },
  guidance: { least: 0, most: 30 },
  tile: { least: 64, most: 2048 },
  overlap: { least: 0, most: 512 },
  lora: { least: -2, most: 2 },
  resemblance: { least: 0, most: 2 },
  clipSkip: { least: 1, most: 12 },
} as const;

export const defaultRedraw: Redraw = {
  open: false,
  more: false,
  on: false,
  model: null,
  prompt: '',
  negative: '',
  strength: refineDefaults.strength,
  seed: refineDefaults.seed,
  steps: null,
  ldsrSteps: null,
  sampler: null,
  guidance: null,
  spacing: null,
  mode: 'joint',
  tile: 512,
  overlap: 64,
  order: 'linear',
  seams: 'none',
  loras: [],
  control: null,
  resemblance: 1,
  controlMode: 'balanced',
  controlStart: 0,
  controlEnd: 1,
  clipSkip: null,
  colour: refineDefaults.colour,
  strengthRule: refineDefaults.strengthRule,
  noise: refineDefaults.noise,
};

export function parseRedraw(stored: unknown): Redraw {
  const from = recordOf(stored);
  const fallback = defaultRedraw;
  const flag = (value: unknown): boolean => value === true;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const id = (value: unknown): string | null => text(value) || null;
  const whole = (value: unknown, range: keyof typeof redrawRanges, otherwise: number): number =>
    Math.round(within(value, redrawRanges[range], otherwise));
  const or = <T>(value: unknown, read: (value: unknown) => T): T | null =>
    value === null ? null : read(value);
  const tile = whole(from['tile'], 'tile', fallback.tile);
  const side = Math.max(redrawRanges.tile.least, 64 * Math.round(tile / 64));
  const mode = oneOf(redrawModes, from['mode'], fallback.mode);
  return {
    open: flag(from['open']),
    more: flag(from['more']),
    on: flag(from['on']),
    model: id(from['model']),
    prompt: text(from['prompt']),
    negative: text(from['negative']),
    strength: within(from['strength'], redrawRanges.strength, fallback.strength),
    seed: whole(from['seed'], 'seed', fallback.seed),
    steps: numberOrNull(from['steps'], redrawRanges.steps, 1),
    ldsrSteps: numberOrNull(from['ldsrSteps'], redrawRanges.ldsrSteps, 1),
    guidance: numberOrNull(from['guidance'], redrawRanges.guidance, 0),
    sampler: or(from['sampler'], (value) => oneOf<SamplerName | null>(samplers, value, null)),
    spacing: or(from['spacing'], (value) => oneOf<SpacingName | null>(spacings, value, null)),
    mode,
    tile: side,
    overlap: Math.min(
      8 * Math.round(whole(from['overlap'], 'overlap', fallback.overlap) / 8),
      mostOverlap(mode, side),
    ),
    order: oneOf(redrawOrders, from['order'], fallback.order),
    seams: oneOf(seamFixes, from['seams'], fallback.seams),
    loras: Array.isArray(from['loras']) ? from['loras'].flatMap(parseLora) : [],
    control: id(from['control']),
    resemblance: within(from['resemblance'], redrawRanges.resemblance, fallback.resemblance),
    ...parseControl(from),
    clipSkip: numberOrNull(from['clipSkip'], redrawRanges.clipSkip, 1),
    colour: oneOf(colourMatches, from['colour'], fallback.colour),
    strengthRule: oneOf(strengthRules, from['strengthRule'], fallback.strengthRule),
    noise: oneOf(noiseSources, from['noise'], fallback.noise),
  };
}

/** Of `Redraw.overlap`, as recipes have it: half a tile, but for paddings. */
export function mostOverlap(mode: RedrawMode, tile: number): number {
  const { most } = redrawRanges.overlap;
  return mode === 'ultimate' ? most : Math.min(most, tile / 2);
}

/** A part of the run, or all of it. */
function parseControl(
  from: Readonly<Record<string, unknown>>,
): Pick<Redraw, 'controlMode' | 'controlStart' | 'controlEnd'> {
  const { controlMode, controlStart, controlEnd } = defaultRedraw;
  const start = within(from['controlStart'], { least: 0, most: 1 }, controlStart);
  const end = within(from['controlEnd'], { least: 0, most: 1 }, controlEnd);
  return {
    controlMode: oneOf(controlModes, from['controlMode'], controlMode),
    ...(start < end ? { controlStart: start, controlEnd: end } : { controlStart, controlEnd }),
  };
}

function parseLora(stored: unknown): Redraw['loras'] {
  const { id, weight } = recordOf(stored);
  return typeof id === 'string' ? [{ id, weight: within(weight, redrawRanges.lora, 1) }] : [];
}

/** `grain` 1 for whole numbers. */
function numberOrNull(value: unknown, range: { least: number; most: number }, grain: 0 | 1): number | null {
  const number = typeof value === 'number' ? within(value, range, NaN) : NaN;
  if (Number.isNaN(number)) return null;
  return grain === 1 ? Math.round(number) : number;
}
