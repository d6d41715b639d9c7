/**
 * Well-known models that can be downloaded: what the catalogue of available models
 * (`public/models/available.json`) says of each, and its reader.
 */

import * as v from 'valibot';
import { families, type Family } from '../architectures/family.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { modelUses, type ModelUse } from './uses.ts';

export interface AvailableModel {
  readonly id: string;
  readonly name: string;
  /** One plain sentence on when to use it. */
  readonly use: string;
  readonly uses: readonly ModelUse[];
  readonly family: Family;
  readonly scale: number;
  readonly author: string;
  readonly homepage: string;
  readonly licence: {
    /** SPDX or short name. */
    readonly id: string;
    readonly url?: string;
    /** Null where it is not stated. */
    readonly commercialUse: boolean | null;
  };
  readonly files: readonly {
    readonly url: string;
    readonly bytes: number;
    /** Null where none is published: such a file is unverified. */
    readonly sha256: string | null;
    readonly name: string;
  }[];
  /** Where address and size are recorded. */
  readonly evidence: { readonly page: string; readonly says: string };
}

const text = v.pipe(v.string(), v.nonEmpty());
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const page = v.pipe(v.string(), v.url(), v.startsWith('https://'));
/** Unencrypted only from this machine itself, for those who serve models there. */
const address = v.pipe(
  v.string(),
  v.url(),
  v.regex(/^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1)[:/])/, 'Neither https nor this machine'),
);

/** One file to download. */
export const downloadSchema = v.object({
  url: address,
  bytes: positive,
  sha256: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  // A name, no path: it becomes a file's name.
  name: v.pipe(v.string(), v.regex(/^[^/\\]+\.(?:safetensors|pth|pt|ckpt|param|bin|onnx|zip)$/i)),
});

const model = v.object({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)),
  name: text,
  use: text,
  uses: v.pipe(v.array(v.picklist(modelUses)), v.nonEmpty()),
  family: v.picklist(families),
  scale: v.pipe(positive, v.maxValue(16)),
  author: text,
  homepage: page,
  licence: v.object({ id: text, url: v.exactOptional(page), commercialUse: v.nullable(v.boolean()) }),
  files: v.pipe(v.array(downloadSchema), v.nonEmpty()),
  evidence: v.object({ page, says: text }),
});

const catalogue = v.object({
  version: v.literal(1),
  models: v.pipe(
    v.array(model),
    v.check(
      (models) => new Set(models.map(({ id }) => id)).size === models.length,
      'Two models have the same id',
    ),
  ),
});

/**
 * Checks parsed JSON against the shape of the catalogue of available models. Fails with `model-damaged`, naming
 * the first place that is wrong (`detail.place`, e.g. `models.0.files.0.bytes`).
 */
export function parseAvailable(json: unknown): Result<readonly AvailableModel[]> {
  const parsed = v.safeParse(catalogue, json);
  if (parsed.success) return ok(parsed.output.models);
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue) ?? 'the whole';
  return fail(
    'model-damaged',
    `The list of available models is damaged (${place}: ${issue.message}). Reload the page; if that does not help, the app has to be installed on its server again.`,
    { place },
  );
}

/** What a download needs to know of whatever is downloaded. */
export type Downloadable = Pick<AvailableModel, 'id' | 'name' | 'homepage' | 'licence' | 'files'>;

/** Bytes of all files of a model together. */
export function downloadBytes({ files }: Pick<AvailableModel, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
