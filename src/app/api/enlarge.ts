/** One picture from file to file over the three workers, for `window.enlarger`. Nothing stays behind. */

import type { Failure } from '../../base/errors.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Size } from '../../picture/geometry.ts';
import type { JobDone, ModelSource } from '../../protocol/engine.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import { neededModels, worksWith } from '../../recipes/needed-models.ts';
import { planPasses } from '../../recipes/plan-passes.ts';
import { jobBytes } from '../state/memory.ts';
import { refusal } from '../state/refusal.ts';
import type { Catalogue, ModelCard } from '../../models/card.ts';
import { findCard } from '../../models/catalogue.ts';
import type { Services } from '../state/services.ts';
import { diffusionOf, redrawerOf } from './diffusion-source.ts';
import { notHere } from './not-here.ts';
import { checkOptions, recipeOf } from './options.ts';
import type { Enlarged, EnlargeOptions } from './types.ts';

const standardQuality = 0.92;

const rounded =
  'This browser rounds the colours of almost transparent pixels in this format (WebGL is off). Give the picture as PNG to keep them exact.';

export async function enlargeFile(
  services: Services,
  input: Blob,
  options: EnlargeOptions,
): Promise<Result<Enlarged>> {
  const { engine, codec, library } = services;
  const begin = performance.now();
  const checked = checkOptions(options);
  if (!checked.ok) return checked;
  const catalogue = await library.start();
  if (!catalogue.ok) return catalogue;
  const recipe = recipeOf(options, catalogue.value.default);
  if (!recipe.ok) return recipe;
  const cards = cardsOf(recipe.value, catalogue.value);
  if (!cards.ok) {
    const available = await library.available();
    return { ok: false, error: notHere(cards.error, available.ok ? available.value : []) };
  }
  if (options.backend) {
    const started = await engine.start({ choice: options.backend });
    if (!started.ok) return started;
  }

  const order: Order = { recipe: recipe.value, cards: cards.value, options, begin };
  const id = `api-${crypto.randomUUID()}`;
  try {
    let done = await runOrder(services, input, order, id);
    if (!done.ok && done.error.code === 'worker-died') {
      // It took its pictures along: once, the job starts anew from the file.
      options.onNotice?.('A part of Enlarger stopped unexpectedly. The picture is started anew.');
      done = await runOrder(services, input, order, id);
    }
    if (!done.ok) return done;
    const encodeStart = performance.now();
    const blob = await codec.encode(resultOf(id), {
      format: options.format ?? 'png',
      quality: options.quality ?? standardQuality,
    });
    if (!blob.ok) return blob;
    const { outcome, source, prepared } = done.value;
    const { width, height, backend, tiles, seconds } = outcome;
    return ok({
      blob: blob.value,
      width,
      height,
      source,
      backend,
      model: worksWith(recipe.value, redrawerOf(options.weights)).join('+'),
      tiles,
      seconds: {
        load: prepared + seconds.load,
        run: seconds.run,
        encode: since(encodeStart),
        total: since(begin),
      },
    });
  } finally {
    await engine.drop(id);
    await engine.drop(resultOf(id));
  }
}

/** One call of the API, checked. */
interface Order {
  readonly recipe: Recipe;
  readonly cards: readonly ModelCard[];
  readonly options: EnlargeOptions;
  /** When the call came (`performance.now`). */
  readonly begin: number;
}

interface Done {
  readonly outcome: JobDone;
  readonly source: Size;
  /** Seconds from the call to the job's start. */
  readonly prepared: number;
}

function resultOf(id: string): string {
  return `${id}-result`;
}

function since(start: number): number {
  return (performance.now() - start) / 1000;
}

/** Decodes, refuses what would not fit, opens the models and runs the job; the result stays on the shelf. */
async function runOrder(
  { engine, codec, library }: Services,
  input: Blob,
  { recipe, cards, options, begin }: Order,
  id: string,
): Promise<Result<Done>> {
  // The decoded pixels go to the engine: it has to be there first.
  const ready = await engine.ready();
  if (!ready.ok) return ready;
  const stopped = (): Result<never> | null =>
    options.signal?.aborted ? fail('cancelled', 'The job was cancelled.') : null;
  const unwanted = stopped();
  if (unwanted) return unwanted;
  const decoded = await codec.decode(input, id, 1);
  if (!decoded.ok) return decoded;
  const { width, height, preview, exact } = decoded.value;
  preview.close();
  if (!exact) options.onNotice?.(rounded);
  const refused = await refuse(codec, decoded.value, recipe, cards, options);
  if (refused) return { ok: false, error: refused };
  const models = stopped() ?? (await openModels(library, cards, options));
  if (!models.ok) return models;
  const diffusion = await diffusionOf(recipe, options);
  if (!diffusion.ok) return diffusion;
  const late = stopped();
  if (late) return late;
  const prepared = since(begin);

  const jobId = resultOf(id);
  const stop = (): void => void engine.cancel(jobId);
  options.signal?.addEventListener('abort', stop, { once: true });
  const outcome = await engine.run(
    {
      jobId,
      pictureId: id,
      resultId: jobId,
      recipe,
      models: models.value,
      ...(diffusion.value ? { diffusion: diffusion.value } : {}),
      previewPixels: 0,
      ...(options.tile === undefined ? {} : { tile: options.tile }),
    },
    (event) => {
      if (event.kind === 'tile') options.onProgress?.(event);
      if (event.kind === 'notice') options.onNotice?.(event.notice.message);
    },
  );
  options.signal?.removeEventListener('abort', stop);
  if (outcome.kind === 'stopped') return { ok: false, error: outcome.error };
  return ok({ outcome, source: { width, height }, prepared });
}

/** The cards of the recipe's models. Failures: `model-unknown`. */
function cardsOf(recipe: Recipe, catalogue: Catalogue): Result<ModelCard[]> {
  const cards: ModelCard[] = [];
  for (const model of neededModels(recipe)) {
    const card = findCard(catalogue, model);
    if (!card.ok) return card;
    cards.push(card.value);
  }
  return ok(cards);
}

/** What memory or the file format could not hold is refused before work starts. */
async function refuse(
  codec: Services['codec'],
  source: Size,
  recipe: Recipe,
  cards: readonly ModelCard[],
  { format = 'png' }: EnlargeOptions,
): Promise<Failure | null> {
  const passes = planPasses(source, recipe, (id) => cards.find((card) => card.id === id)?.scale);
  if (!passes.ok) return passes.error;
  const limits = await codec.limits(format);
  if (!limits.ok) return limits.error;
  return refusal(source, passes.value, {
    memory: jobBytes(),
    format: { name: format.toUpperCase(), ...limits.value },
  });
}

async function openModels(
  library: Services['library'],
  cards: readonly ModelCard[],
  options: EnlargeOptions,
): Promise<Result<ModelSource[]>> {
  const sources: ModelSource[] = [];
  for (const card of cards) {
    const opened = await library.open(card.id);
    if (!opened.ok) return opened;
    if (opened.value.notKept) options.onNotice?.(opened.value.notKept.message);
    sources.push({ card, bytes: opened.value.bytes });
  }
  return ok(sources);
}
