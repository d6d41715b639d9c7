/**
 * The step that a person's choices of redrawing stand for, and the entries of the library that it works with. The step names files as
 * the library names those of an entry, so that a recipe says which models made a picture.
 */

import type { Failure } from '../../base/errors.ts';
import { failure } from '../../base/result.ts';
import type { RefineControl, RefineTiles } from '../../diffusion/refine/choices.ts';
import type { SamplerName } from '../../diffusion/samplers/names.ts';
import type { DiffusionEntry, DiffusionKind, Trained } from '../../models/diffusion-entry.ts';
import type { Pass } from '../../recipes/passes.ts';
import type { LdsrStep } from '../../recipes/ldsr.ts';
import { refineSpeedName, refineWork } from '../../recipes/refine-work.ts';
import { refineDefaults, type RefineStep } from '../../recipes/refine.ts';
import { defaultRedraw, type Redraw } from './redraw.ts';

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

/** Whether an entry is of the model's base, as far as either tells. */
export function fits({ base }: DiffusionEntry, main: DiffusionEntry): boolean {
  return base === null || main.base === null || base === main.base;
}

/** Null where nothing can draw. */
export function redrawModel(redraw: Redraw, entries: readonly DiffusionEntry[]): RedrawModel | null {
  const able = drawers(entries);
  const main = able.find(({ id }) => id === redraw.model) ?? able[0];
  if (!main) return null;
  const others = entries.filter((entry) => entry !== main && fits(entry, main));
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
    // What a person chose is not left out because it does not fit: that is told (`hindrance`).
    control: entries.find((entry) => entry.id === redraw.control && holds(entry, 'controlnet')) ?? null,
    loras: redraw.loras.flatMap(({ id, weight }) => {
      const entry = entries.find((one) => one.id === id && holds(one, 'lora'));
      return entry ? [{ entry, weight }] : [];
    }),
    missing: [
      ...(hasText || text ? [] : (['text-encoder'] as const)),
      ...(decodes(main) || vae ? [] : (['vae'] as const)),
    ],
  };
}

/** What to choose so that these entries work together as they are meant to: a set that was downloaded. Null where none can draw. */
export function choiceOf(
  entries: readonly DiffusionEntry[],
): Pick<Redraw, 'model' | 'loras' | 'control' | 'steps' | 'sampler' | 'spacing' | 'guidance'> | null {
  const [main] = drawers(entries);
  if (!main) return null;
  const loras = entries.filter((entry) => holds(entry, 'lora'));
  return {
    model: main.id,
    loras: loras.map((entry) => ({ id: entry.id, weight: usualWeight(entry) })),
    control: entries.find((entry) => holds(entry, 'controlnet'))?.id ?? null,
    steps: null,
    sampler: null,
    spacing: null,
    guidance: null,
  };
}

/** Of a LoRA. */
export function usualWeight({ from }: DiffusionEntry): number {
  return from?.weight ?? 1;
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

const baseNames = { sd1: 'Stable Diffusion 1', sd2: 'Stable Diffusion 2' } as const;

/** Why what is chosen cannot redraw: a part is missing, or made for another base. Null while it is off, and where all is there. */
export function hindrance(redraw: Redraw, entries: readonly DiffusionEntry[]): Failure | null {
  const model = redraw.on ? redrawModel(redraw, entries) : null;
  if (!model) return null;
  const { main, missing, control, loras } = model;
  const [part] = missing;
  if (part !== undefined) {
    const name = part === 'vae' ? 'VAE' : 'text encoder';
    const message = `The diffusion model comes without its ${name}. Add that file, choose another model, or turn redrawing off.`;
    return failure('model-unavailable', message, { part });
  }
  const odd = [...loras.map(({ entry }) => entry), ...(control ? [control] : [])].find(
    (entry) => !fits(entry, main),
  );
  if (!odd?.base || !main.base) return null;
  const message =
    `"${odd.name}" was made for ${baseNames[odd.base]}, and "${main.name}" is ${baseNames[main.base]}. ` +
    'Leave it out, or choose a model that it fits.';
  return failure('model-unsupported', message, { reason: 'misfit', part: odd.name });
}

/** Ids of the entries that a step works with: those that it names, and LoRAs that its prompt names. */
export function entriesOf(
  asked: RefineStep | LdsrStep,
  entries: readonly DiffusionEntry[],
): readonly string[] {
  const step: Omit<RefineStep, 'kind'> = asked.kind === 'refine' ? asked : { weights: asked.weights ?? {} };
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
    if (pass.kind === 'ldsr') return null;
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
