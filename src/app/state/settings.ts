/**
 * What a person chose, as it is remembered between visits. Whatever was stored is read field by
 * field: a value that is missing or out of range falls back to its default, the others stay.
 */

import { classicFilters, type ClassicFilter } from '../../picture/resample-filter.ts';
import type { BackendChoice } from '../../protocol/backend.ts';
import type { SaveFormat } from '../../protocol/codec.ts';
import { classicFilter } from '../../recipes/needed-models.ts';
import {
  extraQualities,
  type AlphaRule,
  type ExtraQuality,
  type Fit,
  type Recipe,
  type SizeTarget,
  type UpscaleStep,
} from '../../recipes/recipe.ts';
import { oneOf, recordOf, within } from './read-stored.ts';

export type Theme = 'auto' | 'light' | 'dark';

export interface Settings {
  /** A model card's id, `classic`, or null for the catalogue's default. */
  readonly model: string | null;
  readonly filter: ClassicFilter;
  readonly sizing: 'by' | 'to';
  readonly by: number;
  readonly to: {
    readonly width: number;
    readonly height: number;
    readonly fit: Fit;
    /** Around a padded picture: `#rrggbb`. */
    readonly background: string;
  };
  readonly extra: Extra;
  /** As stored; read where redrawing is on or looked at (redraw.ts), as most visits do neither. */
  readonly redraw: Readonly<Record<string, unknown>>;
  readonly format: SaveFormat;
  /** 1 to 100, for jpeg and webp. */
  readonly quality: number;
  readonly backend: BackendChoice;
  readonly theme: Theme;
  /** Shortcuts of a single letter; off for people who speak their input. */
  readonly letterKeys: boolean;
}

/** What goes beyond one model; only for models, not for classic filters. */
export interface Extra {
  /** Whether the panel shows it. */
  readonly open: boolean;
  readonly quality: ExtraQuality;
  /** A model card's id, a classic filter, or null for none. */
  readonly second: string | null;
  /** Of the second upscaler, 0 to 1. */
  readonly visibility: number;
  readonly alpha: (typeof alphaChoices)[number];
  /** Under a picture that loses its transparency: `#rrggbb`. */
  readonly onto: string;
}

export const classic = 'classic';
/** `onto`: laid onto a colour. */
export const alphaChoices = ['model', ...classicFilters, 'onto'] as const;
export const factorRange = { least: 0.5, most: 16 } as const;
export const sideRange = { least: 1, most: 65_535 } as const;
export const saveFormats = ['png', 'jpeg', 'webp'] as const satisfies readonly SaveFormat[];
export const fits = ['crop', 'pad', 'stretch'] as const satisfies readonly Fit[];
export const backendChoices = ['auto', 'webgpu', 'wasm'] as const satisfies readonly BackendChoice[];
export const themes = ['auto', 'light', 'dark'] as const satisfies readonly Theme[];

export const defaultSettings: Settings = {
  model: null,
  filter: 'lanczos3',
  sizing: 'by',
  by: 4,
  to: { width: 3840, height: 2160, fit: 'crop', background: '#000000' },
  extra: { open: false, quality: 1, second: null, visibility: 0.5, alpha: 'model', onto: '#ffffff' },
  redraw: {},
  format: 'png',
  quality: 90,
  backend: 'auto',
  theme: 'auto',
  letterKeys: true,
};

export function parseSettings(stored: unknown): Settings {
  const from = recordOf(stored);
  const to = recordOf(from['to']);
  const fallback = defaultSettings;
  return {
    model: typeof from['model'] === 'string' && from['model'] !== '' ? from['model'] : fallback.model,
    filter: oneOf(classicFilters, from['filter'], fallback.filter),
    sizing: oneOf(['by', 'to'], from['sizing'], fallback.sizing),
    by: within(from['by'], factorRange, fallback.by),
    to: {
      width: Math.round(within(to['width'], sideRange, fallback.to.width)),
      height: Math.round(within(to['height'], sideRange, fallback.to.height)),
      fit: oneOf(fits, to['fit'], fallback.to.fit),
      background: colour(to['background']) ?? fallback.to.background,
    },
    extra: parseExtra(recordOf(from['extra'])),
    redraw: recordOf(from['redraw']),
    format: oneOf(saveFormats, from['format'], fallback.format),
    quality: Math.round(within(from['quality'], { least: 1, most: 100 }, fallback.quality)),
    backend: oneOf(backendChoices, from['backend'], fallback.backend),
    theme: oneOf(themes, from['theme'], fallback.theme),
    letterKeys: typeof from['letterKeys'] === 'boolean' ? from['letterKeys'] : fallback.letterKeys,
  };
}

function parseExtra(from: Readonly<Record<string, unknown>>): Extra {
  const fallback = defaultSettings.extra;
  const second = from['second'];
  return {
    open: typeof from['open'] === 'boolean' ? from['open'] : fallback.open,
    quality: oneOf(extraQualities, from['quality'], fallback.quality),
    second: typeof second === 'string' && second !== '' ? second : fallback.second,
    visibility: within(from['visibility'], { least: 0, most: 1 }, fallback.visibility),
    alpha: oneOf(alphaChoices, from['alpha'], fallback.alpha),
    onto: colour(from['onto']) ?? fallback.onto,
  };
}

/** The recipe that the panel's choices stand for; `model` is the chosen card's id, or `classic`. */
export function recipeOf(settings: Settings, model: string): Recipe {
  const { width, height, fit, background } = settings.to;
  const exact: SizeTarget = { width, height, fit, ...(fit === 'pad' ? { background } : {}) };
  const size: SizeTarget = settings.sizing === 'by' ? { by: settings.by } : exact;
  return {
    version: 1,
    steps: [
      model === classic
        ? { kind: 'resize', filter: settings.filter, size }
        : { kind: 'upscale', model, size, ...combined(settings.extra, model) },
    ],
  };
}

/** Only what differs from a plain run, so that a choice that changes nothing is the same recipe. */
function combined(
  { quality, second, visibility, alpha, onto }: Extra,
  model: string,
): Partial<Pick<UpscaleStep, 'second' | 'alpha' | 'extraQuality'>> {
  const rule: AlphaRule = alpha === 'onto' ? { onto } : alpha;
  return {
    ...(second === null || second === model || visibility === 0
      ? {}
      : { second: { model: second, visibility } }),
    ...(rule === 'model' ? {} : { alpha: rule }),
    ...(quality === 1 ? {} : { extraQuality: quality }),
  };
}

/** The settings without a second upscaler that is not here (any more). */
export function withKnownSecond(settings: Settings, known: (model: string) => boolean): Settings {
  const { extra } = settings;
  if (extra.second === null || classicFilter(extra.second) || known(extra.second)) return settings;
  return { ...settings, extra: { ...extra, second: null } };
}

/** The backend that a query string names, or null. */
export function oneOfChoices(name: string | null): BackendChoice | null {
  return backendChoices.find((choice) => choice === name) ?? null;
}

export function sameRecipe(one: Recipe, other: Recipe): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function colour(value: unknown): string | null {
  return typeof value === 'string' && /^#[0-9a-f]{6}$/.test(value) ? value : null;
}
