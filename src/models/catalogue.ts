/** Reads the catalogue (a list of model cards) from JSON and finds cards in it. */

import * as v from 'valibot';
import { families } from '../architectures/family.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Catalogue, ModelCard } from './card.ts';
import { modelUses } from './uses.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const figure = v.pipe(v.number(), v.finite());
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = v.pipe(v.string(), v.nonEmpty());
/** A path below the catalogue: no scheme, no leading slash, no way up. */
const path = v.pipe(v.string(), v.regex(/^(?!\.\.?(?:\/|$))[\w.-]+(?:\/(?!\.\.?(?:\/|$))[\w.-]+)*$/));

const card = v.object({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)),
  origin: v.optional(v.literal('shipped'), 'shipped'),
  family: v.picklist(families),
  structure: v.record(v.string(), v.union([figure, v.array(figure)])),
  scale: v.pipe(positive, v.maxValue(16)),
  name: text,
  use: text,
  uses: v.exactOptional(v.array(v.picklist(modelUses))),
  weights: text,
  stored: v.picklist(['fp32', 'fp16', 'q8']),
  parameters: count,
  flopsPerPixel: amount,
  bytesPerPixel: amount,
  bindingPerPixel: amount,
  tiles: v.object({ context: count, blend: count, multiple: positive, least: v.exactOptional(positive) }),
  keepsFlat: v.boolean(),
  file: v.object({ path, bytes: positive, sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) }),
  licence: v.object({ id: text, notice: path, commercialUse: v.boolean() }),
  source: v.object({ package: text, path: text, homepage: v.pipe(v.string(), v.url()) }),
  example: v.object({ before: path, after: path }),
});

const catalogue = v.pipe(
  v.object({
    version: v.literal(1),
    default: text,
    models: v.pipe(v.array(card), v.nonEmpty()),
  }),
  v.check(
    ({ models }) => new Set(models.map(({ id }) => id)).size === models.length,
    'Two models have the same id',
  ),
  v.check(
    ({ default: id, models }) => models.some((model) => model.id === id),
    'The default is not one of the models',
  ),
);

/**
 * Checks parsed JSON against the catalogue's shape. Fails with `model-damaged`, naming the first
 * place that is wrong (`detail.place`, e.g. `models.0.file.sha256`).
 */
export function parseCatalogue(json: unknown): Result<Catalogue> {
  const parsed = v.safeParse(catalogue, json);
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue) ?? 'the whole';
  return fail(
    'model-damaged',
    `The list of models is damaged (${place}: ${issue.message}). Reload the page; if that does not help, the app has to be installed on its server again.`,
    { place },
  );
}

/** The card with that id; fails with `model-unknown`, listing the ids that exist. */
export function findCard(from: Catalogue, id: string): Result<ModelCard> {
  const found = from.models.find((model) => model.id === id);
  if (found) return ok(found);
  const known = from.models.map((model) => model.id).join(', ');
  return fail('model-unknown', `There is no model "${id}". These exist: ${known}.`, { model: id, known });
}
