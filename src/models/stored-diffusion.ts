/** What a browser's storage says of a diffusion model, checked. Apart from the entry, as the page needs no checks to show one. */

import * as v from 'valibot';
import { diffusionKinds, trainings, type DiffusionModel } from './diffusion-entry.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const schema = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  parts: v.array(v.object({ kind: v.picklist(diffusionKinds), values: count })),
  base: v.nullable(v.picklist(['sd1', 'sd2'])),
  prediction: v.nullable(v.picklist(['epsilon', 'v'])),
  sampling: v.nullable(v.picklist(['lcm', 'turbo'])),
  files: v.pipe(v.array(v.object({ name: v.string(), bytes: count })), v.nonEmpty()),
  source: v.exactOptional(v.object({ sha256: v.string(), bytes: count })),
  full: v.exactOptional(v.array(v.string())),
  trained: v.exactOptional(v.picklist(trainings)),
  from: v.exactOptional(
    v.object({
      item: v.string(),
      homepage: v.string(),
      weight: v.exactOptional(v.number()),
      licence: v.object({
        id: v.string(),
        url: v.exactOptional(v.string()),
        commercialUse: v.nullable(v.boolean()),
      }),
    }),
  ),
  smaller: v.exactOptional(
    v.object({
      model: v.string(),
      name: v.string(),
      bytes: count,
      silent: v.exactOptional(v.literal(true)),
      parts: v.array(
        v.object({
          part: v.picklist(['unet', 'text-encoder', 'vae', 'controlnet']),
          storage: v.picklist(['half', 'q8', 'q4']),
          drift: v.nullable(v.pipe(v.number(), v.minValue(0))),
          against: v.picklist(['original', 'q8']),
        }),
      ),
    }),
  ),
});

/** What a browser's storage gave back, checked; null when it is something else. */
export function parseDiffusion(stored: unknown): DiffusionModel | null {
  const parsed = v.safeParse(schema, stored);
  return parsed.success ? parsed.output : null;
}
