/** One picture from file to file over the three workers, for `window.enlarger`. Nothing stays behind. */

import type { Failure } from '../../base/errors.ts';
import { failure, ok, type Result } from '../../base/result.ts';
import type { Size } from '../../picture/geometry.ts';
import type { JobOutcome, ModelSource } from '../../protocol/engine.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import { planPasses } from '../../recipes/plan-passes.ts';
import { jobBytes } from '../state/memory.ts';
import { refusal } from '../state/refusal.ts';
import { findCard } from '../../models/catalogue.ts';
import type { Services } from '../state/services.ts';
import { modelsOf, recipeOf } from './options.ts';
import type { Enlarged, EnlargeOptions } from './types.ts';

const standardQuality = 0.92;

export async function enlargeFile(
  { engine, codec, library }: Services,
  input: Blob,
  options: EnlargeOptions,
): Promise<Result<Enlarged>> {
  const begin = performance.now();
  const since = (start: number): number => (performance.now() - start) / 1000;
  const cancelled = (): boolean => options.signal?.aborted ?? false;

  const catalogue = await library.start();
  if (!catalogue.ok) return catalogue;
  const recipe = recipeOf(options, catalogue.value.default);
  if (!recipe.ok) return recipe;
  const cards = recipe.value.steps.flatMap((step) =>
    step.kind === 'upscale' ? [findCard(catalogue.value, step.model)] : [],
  );
  const unknown = cards.find((card) => !card.ok);
  if (unknown) return unknown;
  if (options.backend) {
    const started = await engine.start({ choice: options.backend });
    if (!started.ok) return started;
  }
  // The decoded pixels go to the engine: it has to be there first.
  const ready = await engine.ready();
  if (!ready.ok) return ready;

  const id = `api-${crypto.randomUUID()}`;
  const resultId = `${id}-result`;
  try {
    const decoded = await codec.decode(input, id, 1);
    if (!decoded.ok) return decoded;
    decoded.value.preview.close();
    const refused = await refuse(codec, decoded.value, recipe.value, catalogue.value.models, options);
    if (refused) return { ok: false, error: refused };
    const models = await openModels(library, catalogue.value.models, recipe.value, options);
    if (!models.ok) return models;
    if (cancelled()) return { ok: false, error: failure('cancelled', 'The job was cancelled.') };
    const prepared = since(begin);

    const stop = (): void => void engine.cancel(resultId);
    options.signal?.addEventListener('abort', stop, { once: true });
    const outcome: JobOutcome = await engine.run(
      {
        jobId: resultId,
        pictureId: id,
        resultId,
        recipe: recipe.value,
        models: models.value,
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

    const encodeStart = performance.now();
    const blob = await codec.encode(resultId, {
      format: options.format ?? 'png',
      quality: options.quality ?? standardQuality,
    });
    if (!blob.ok) return blob;
    const { width, height, backend, tiles, seconds } = outcome;
    return ok({
      blob: blob.value,
      width,
      height,
      source: { width: decoded.value.width, height: decoded.value.height },
      backend,
      model: modelsOf(recipe.value).join('+'),
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
    await engine.drop(resultId);
  }
}

/** What memory or the file format could not hold is refused before work starts. */
async function refuse(
  codec: Services['codec'],
  source: Size,
  recipe: Recipe,
  cards: readonly ModelSource['card'][],
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
  cards: readonly ModelSource['card'][],
  recipe: Recipe,
  options: EnlargeOptions,
): Promise<Result<ModelSource[]>> {
  const sources: ModelSource[] = [];
  for (const id of modelsOf(recipe)) {
    const card = cards.find((known) => known.id === id);
    if (!card) continue; // a classic filter
    const opened = await library.open(id);
    if (!opened.ok) return opened;
    if (opened.value.notKept) options.onNotice?.(opened.value.notKept.message);
    sources.push({ card, bytes: opened.value.bytes });
  }
  return ok(sources);
}
