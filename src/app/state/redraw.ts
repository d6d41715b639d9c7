/**
 * What a person chose of redrawing (the recipe's step `refine`), as it is remembered, and the step that it stands for. The step names
 * files as the library names those of an entry, so that a recipe says which models made a picture.
 */

import type { Failure } from '../../base/errors.ts';
import { failure } from '../../base/result.ts';
import type { NoiseSource } from '../../diffusion/noise/noise-field.ts';
import type { RefineControl, RefineTiles } from '../../diffusion/refine/choices.ts';
import type { SamplerName, SpacingName } from '../../diffusion/samplers/names.ts';
import type { StrengthRule } from '../../diffusion/schedule/plan.ts';
import type { RedrawOrder, SeamFix } from '../../diffusion/tiles/ultimate-options.ts';
import type { DiffusionEntry, DiffusionKind, Trained } from '../../models/diffusion-entry.ts';
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
  type RefineStep,
} from '../../recipes/refine.ts';
import type { Pass } from '../../recipes/passes.ts';
import { refineSpeedName, refineWork } from '../../recipes/refine-work.ts';
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
    guidance: numberOrNull(from['guidance'], redrawRanges.guidance, 0),
    sampler: or(from['sampler'], (value) => oneOf<SamplerName | null>(samplers, value, null)),
    spacing: or(from['spacing'], (value) => oneOf<SpacingName | null>(spacings, value, null)),
    mode: oneOf(redrawModes, from['mode'], fallback.mode),
    tile: Math.max(redrawRanges.tile.least, 64 * Math.round(tile / 64)),
    overlap: 8 * Math.round(whole(from['overlap'], 'overlap', fallback.overlap) / 8),
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

/** The entries that a choice works with. */
export interface RedrawModel {
  readonly main: DiffusionEntry;
  /** Others that have what the main one lacks. */
  readonly text: DiffusionEntry | null;
  readonly vae: DiffusionEntry | null;
  /** One that decodes previews. */
  readonly preview: DiffusionEntry | null;
  readonly control: DiffusionEntry | null;
  readonly loras: readonly { readonly entry: DiffusionEntry; readonly weight: number }[];
  /** What neither the main one nor another has. */
  readonly missing: readonly ('text-encoder' | 'vae')[];
}

export function holds({ parts }: Pick<DiffusionEntry, 'parts'>, kind: DiffusionKind): boolean {
  return parts.some((part) => part.kind === kind);
}

/** Those that can draw, those with both ends of a VAE first: a folder is rather meant than a part alone. */
export function drawers(entries: readonly DiffusionEntry[]): readonly DiffusionEntry[] {
  return entries.filter((entry) => holds(entry, 'unet'));
}

function decodes(entry: DiffusionEntry): boolean {
  const both = (name: 'vae' | 'taesd'): boolean =>
    holds(entry, `${name}-encoder`) && holds(entry, `${name}-decoder`);
  return both('vae') || both('taesd');
}

/** Null where nothing can draw. */
export function redrawModel(redraw: Redraw, entries: readonly DiffusionEntry[]): RedrawModel | null {
  const able = drawers(entries);
  const main = able.find(({ id }) => id === redraw.model) ?? able[0];
  if (!main) return null;
  const fits = ({ base }: DiffusionEntry): boolean =>
    base === null || main.base === null || base === main.base;
  const others = entries.filter((entry) => entry !== main && fits(entry));
  const hasText = holds(main, 'text-encoder');
  const text = hasText ? null : (others.find((entry) => holds(entry, 'text-encoder')) ?? null);
  const vae = decodes(main)
    ? null
    : (others.find((entry) => holds(entry, 'vae-decoder') && decodes(entry)) ?? others.find(decodes) ?? null);
  return {
    main,
    text,
    vae,
    preview:
      holds(main, 'taesd-decoder') || (vae && holds(vae, 'taesd-decoder'))
        ? null
        : (others.find((entry) => holds(entry, 'taesd-decoder')) ?? null),
    control: others.find((entry) => entry.id === redraw.control && holds(entry, 'controlnet')) ?? null,
    loras: redraw.loras.flatMap(({ id, weight }) => {
      const entry = others.find((one) => one.id === id && holds(one, 'lora'));
      return entry ? [{ entry, weight }] : [];
    }),
    missing: [
      ...(hasText || text ? [] : (['text-encoder'] as const)),
      ...(decodes(main) || vae ? [] : (['vae'] as const)),
    ],
  };
}

export interface Usual {
  readonly sampler: SamplerName;
  readonly steps: number;
  readonly guidance: number;
}

const usualOf: Readonly<Record<Trained, Usual>> = {
  usual: refineDefaults,
  lcm: { sampler: 'lcm', steps: 8, guidance: 1 },
  turbo: { sampler: 'turbo', steps: 4, guidance: 1 },
};

/** What the model is made for; a LoRA may make another of it (LCM-LoRA). */
export function usual({ main, loras }: RedrawModel): Usual {
  const lora = loras.find(({ entry, weight }) => entry.sampling !== null && weight > 0);
  return usualOf[lora?.entry.sampling ?? main.sampling ?? main.trained ?? 'usual'];
}

/** Null while it is off, and where nothing can draw. */
export function refineStepOf(redraw: Redraw, entries: readonly DiffusionEntry[]): RefineStep | null {
  const model = redraw.on ? redrawModel(redraw, entries) : null;
  if (!model) return null;
  const { main, text, vae, preview, control, loras } = model;
  const { prompt, negative, strength, strengthRule, seed, noise, spacing, clipSkip, colour } = redraw;
  const own = usual(model);
  const embeddings = entries.filter((entry) => holds(entry, 'embedding') && isCalled(entry, redraw));
  const tiles = tilesOf(redraw);
  return {
    kind: 'refine',
    weights: {
      checkpoint: fileName(main),
      ...(text ? { text: fileName(text) } : {}),
      ...(vae ? { vae: fileName(vae) } : {}),
      ...(preview ? { taesd: fileName(preview) } : {}),
      ...(loras.length > 0
        ? { loras: loras.map(({ entry, weight }) => ({ file: fileName(entry), weight })) }
        : {}),
      ...(embeddings.length > 0 ? { embeddings: embeddings.map(fileName) } : {}),
    },
    ...(prompt === '' ? {} : { prompt }),
    ...(negative === '' ? {} : { negative }),
    strength,
    ...(strengthRule === defaultRedraw.strengthRule ? {} : { strengthRule }),
    seed,
    ...(noise === defaultRedraw.noise ? {} : { noise }),
    steps: redraw.steps ?? own.steps,
    sampler: redraw.sampler ?? own.sampler,
    ...(spacing === null ? {} : { spacing }),
    guidance: redraw.guidance ?? own.guidance,
    ...(tiles ? { tiles } : {}),
    ...(control ? { control: { file: fileName(control), ...controlOf(redraw) } } : {}),
    ...(clipSkip === null ? {} : { clipSkip }),
    ...(colour === defaultRedraw.colour ? {} : { colour }),
  };
}

/** Null for what a step takes by itself. */
function tilesOf({ mode, tile, overlap, order, seams }: Redraw): RefineTiles | null {
  const standard = mode === 'joint' && tile === defaultRedraw.tile && overlap === defaultRedraw.overlap;
  if (standard) return null;
  if (mode !== 'ultimate') return { mode, tile, overlap };
  return {
    mode,
    tile,
    padding: overlap,
    ...(order === defaultRedraw.order ? {} : { redraw: order }),
    ...(seams === defaultRedraw.seams ? {} : { seams }),
  };
}

function controlOf({ resemblance, controlMode, controlStart, controlEnd }: Redraw): RefineControl {
  return {
    weight: resemblance,
    ...(controlMode === defaultRedraw.controlMode ? {} : { mode: controlMode }),
    ...(controlStart === defaultRedraw.controlStart ? {} : { start: controlStart }),
    ...(controlEnd === defaultRedraw.controlEnd ? {} : { end: controlEnd }),
  };
}

/** Why the chosen model cannot redraw: a part is missing. Null while it is off, and where all is there. */
export function incomplete(redraw: Redraw, entries: readonly DiffusionEntry[]): Failure | null {
  const [part] = (redraw.on ? redrawModel(redraw, entries)?.missing : null) ?? [];
  if (part === undefined) return null;
  const name = part === 'vae' ? 'VAE' : 'text encoder';
  const message = `The diffusion model comes without its ${name}. Add that file, choose another model, or turn redrawing off.`;
  return failure('model-unavailable', message, { part });
}

/** Ids of the entries that a step works with: those that it names, and LoRAs that its prompt names. */
export function entriesOf(step: RefineStep, entries: readonly DiffusionEntry[]): readonly string[] {
  const { checkpoint, text, vae, taesd, loras = [], embeddings = [] } = step.weights ?? {};
  const named = [
    checkpoint,
    text,
    vae,
    taesd,
    step.control?.file,
    ...loras.map(({ file }) => file),
    ...embeddings,
  ];
  const tags = [...(step.prompt ?? '').matchAll(/<lora:([^:>]+)/g)].map(([, name]) => name);
  const wanted = entries.filter(
    (entry) => named.includes(fileName(entry)) || (holds(entry, 'lora') && tags.includes(plainName(entry))),
  );
  // Of two with one name the first; otherwise no name would say which is meant.
  return wanted
    .filter((entry, at) => wanted.findIndex((other) => fileName(other) === fileName(entry)) === at)
    .map(({ id }) => id);
}

/** Seconds for what these passes redraw; null while the speed of it is not known. */
export function redrawSeconds(
  passes: readonly Pass[],
  workPerSecond: (name: string) => number | null,
): number | null {
  let seconds = 0;
  for (const pass of passes) {
    if (pass.kind !== 'refine') continue;
    const speed = workPerSecond(refineSpeedName(pass.refine));
    if (speed === null) return null;
    seconds += refineWork(pass.output, pass.refine) / speed;
  }
  return seconds;
}

/** Whether a prompt names an embedding. */
function isCalled(entry: DiffusionEntry, { prompt, negative }: Redraw): boolean {
  return `${prompt}\n${negative}`.toLowerCase().includes(plainName(entry).toLowerCase());
}

function plainName({ name }: DiffusionEntry): string {
  return name.replaceAll(/[/\\]/g, '-');
}

/** As the library names the file, or the folder, of an entry. */
export function fileName(entry: DiffusionEntry): string {
  const ending = /\.[^./\\]+$/.exec(entry.files[0]?.name ?? '')?.[0] ?? '';
  return entry.files.length === 1 ? `${plainName(entry)}${ending}` : plainName(entry);
}
