/** The command line of `npm run enlarge`: words to a checked request, or a sentence on what is wrong. */

import { parseArgs } from 'node:util';
import type { BackendChoice } from '../../src/protocol/backend.ts';
import { classicFilters } from '../../src/picture/resample-filter.ts';
import { extraQualities, type AlphaRule, type ExtraQuality, type Fit } from '../../src/recipes/recipe.ts';

export const usage = `Usage: npm run --silent enlarge -- INPUT... --out FILE_OR_FOLDER [options]
       npm run --silent enlarge -- --inspect FILE... [--json]

  --out PATH            a file for one input; a folder (existing, or with a / at the end) for any number
  --scale N             0.5 to 16; 4 when no size is given
  --width W --height H  an exact size in pixels
  --fit crop|pad|stretch  how the picture meets that size (crop)
  --model ID_OR_FILE    a model of the catalogue, a weights file, or nearest, bilinear, bicubic, lanczos3
  --second ID_OR_FILE   a second upscaler, like --model, that is mixed into the result
  --visibility V        its share, 0 to 1 (0.5)
  --extra-quality 1|2|4|8  runs every tile in so many orientations and takes their mean (1)
  --alpha RULE          transparency by model (the default), nearest, bilinear, bicubic or lanczos3,
                        or a colour like #ffffff that the picture is laid onto
  --recipe FILE.json    a recipe, instead of size, model and what goes with it
  --weights FILE_OR_FOLDER  a diffusion model's files, for recipes that refine or enlarge with one; may be given several times
  --backend auto|webgpu|wasm
  --tile N              longest side of a tile in input pixels
  --quality Q           0 to 1, for .jpg and .webp (0.92)
  --json                one line of JSON for each input on standard output
  --inspect FILE        says what a weights file holds, instead of enlarging

The extension of --out chooses PNG, JPEG or WebP; folders get PNG.
Exit code: 0 all worked, 1 some failed, 2 wrong usage.`;

export interface Request {
  readonly inputs: readonly string[];
  readonly out: string;
  readonly scale?: number;
  readonly width?: number;
  readonly height?: number;
  readonly fit?: Fit;
  readonly model?: string;
  readonly second?: string;
  readonly visibility?: number;
  readonly extraQuality?: ExtraQuality;
  readonly alpha?: AlphaRule;
  readonly recipe?: string;
  readonly weights?: readonly string[];
  readonly backend?: BackendChoice;
  readonly tile?: number;
  readonly quality?: number;
  readonly json: boolean;
}

export type Parsed =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'inspect'; readonly files: readonly string[]; readonly json: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export function parseCommand(words: readonly string[]): Parsed {
  try {
    return read(words);
  } catch (thrown) {
    return { kind: 'wrong', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function read(words: readonly string[]): Parsed {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      scale: { type: 'string' },
      width: { type: 'string' },
      height: { type: 'string' },
      fit: { type: 'string' },
      model: { type: 'string' },
      second: { type: 'string' },
      visibility: { type: 'string' },
      'extra-quality': { type: 'string' },
      alpha: { type: 'string' },
      recipe: { type: 'string' },
      weights: { type: 'string', multiple: true },
      backend: { type: 'string' },
      tile: { type: 'string' },
      quality: { type: 'string' },
      json: { type: 'boolean', default: false },
      inspect: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.inspect !== undefined) {
    const { inspect, json, ...others } = values;
    const [other] = Object.keys(others);
    if (other !== undefined) throw new Error(`--inspect enlarges nothing: leave out --${other}.`);
    return { kind: 'inspect', files: [...inspect, ...positionals], json };
  }
  if (positionals.length === 0) throw new Error('No input is given.');
  if (values.out === undefined) throw new Error('Say where the result goes: --out FILE_OR_FOLDER.');
  const sized = values.width !== undefined || values.height !== undefined;
  if (sized && (values.width === undefined || values.height === undefined)) {
    throw new Error('An exact size needs both --width and --height.');
  }
  if (sized && values.scale !== undefined) throw new Error('Give --scale or --width and --height, not both.');
  if (values.fit !== undefined && !sized) throw new Error('--fit needs --width and --height.');
  const said = ['scale', 'model', 'second', 'visibility', 'extra-quality', 'alpha'] as const;
  if (values.recipe !== undefined && (sized || said.some((name) => values[name] !== undefined))) {
    throw new Error(
      '--recipe already says size and model: leave out --scale, --width, --height, --model and what goes with it.',
    );
  }
  if (values.weights !== undefined && values.recipe === undefined) {
    throw new Error('--weights are for a recipe with a diffusion model: give one with --recipe.');
  }
  if (values.visibility !== undefined && values.second === undefined) {
    throw new Error('--visibility is that of a second upscaler: name it with --second.');
  }
  return {
    kind: 'request',
    request: {
      inputs: positionals,
      out: values.out,
      json: values.json,
      ...optional('scale', number(values.scale, '--scale', 0.5, 16, false)),
      ...optional('width', number(values.width, '--width', 1, 65535, true)),
      ...optional('height', number(values.height, '--height', 1, 65535, true)),
      ...optional('fit', oneOf<Fit>(values.fit, '--fit', ['crop', 'pad', 'stretch'])),
      ...optional('model', values.model),
      ...optional('second', values.second),
      ...optional('visibility', number(values.visibility, '--visibility', 0, 1, false)),
      ...optional('extraQuality', quality(values['extra-quality'])),
      ...optional('alpha', alphaRule(values.alpha)),
      ...optional('recipe', values.recipe),
      ...optional('weights', values.weights),
      ...optional('backend', oneOf<BackendChoice>(values.backend, '--backend', ['auto', 'webgpu', 'wasm'])),
      ...optional('tile', number(values.tile, '--tile', 16, 65535, true)),
      ...optional('quality', number(values.quality, '--quality', 0, 1, false)),
    },
  };
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, T>>);
}

function number(
  word: string | undefined,
  name: string,
  least: number,
  most: number,
  whole: boolean,
): number | undefined {
  if (word === undefined) return undefined;
  const value = word.trim() === '' ? Number.NaN : Number(word);
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new Error(
      `${name} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${word}".`,
    );
  }
  return value;
}

function quality(word: string | undefined): ExtraQuality | undefined {
  const count = oneOf(word, '--extra-quality', extraQualities.map(String));
  return extraQualities.find((known) => String(known) === count);
}

function alphaRule(word: string | undefined): AlphaRule | undefined {
  if (word !== undefined && /^#[0-9a-f]{6}$/i.test(word)) return { onto: word };
  if (word === undefined) return undefined;
  const rules = ['model', ...classicFilters] as const;
  const rule = rules.find((known) => known === word);
  if (!rule) throw new Error(`--alpha takes ${rules.join(', ')}, or a colour like #ffffff, not "${word}".`);
  return rule;
}

function oneOf<T extends string>(word: string | undefined, name: string, known: readonly T[]): T | undefined {
  if (word === undefined) return undefined;
  const value = known.find((candidate) => candidate === word);
  if (value === undefined) throw new Error(`${name} takes ${known.join(', ')}, not "${word}".`);
  return value;
}
