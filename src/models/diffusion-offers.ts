/**
 * Diffusion models that can be downloaded: single items, and the sets of them that make sense together
 * (`public/models/diffusion.json`), and their reader.
 */

import * as v from 'valibot';
import { fail, ok, type Result } from '../base/result.ts';
import { downloadSchema } from './available.ts';
import { diffusionKinds, type DiffusionPart } from './diffusion-entry.ts';

export interface DiffusionItem {
  readonly id: string;
  readonly name: string;
  readonly author: string;
  readonly homepage: string;
  readonly licence: { readonly id: string; readonly url?: string; readonly commercialUse: boolean | null };
  readonly base: 'sd1' | 'sd2';
  readonly prediction: 'epsilon' | 'v' | null;
  readonly sampling: 'lcm' | 'turbo' | null;
  /** Of a LoRA whose file does not tell how strongly it is meant: its usual weight. */
  readonly weight?: number;
  /** What it will be found to hold. */
  readonly parts: readonly DiffusionPart[];
  readonly files: readonly {
    readonly url: string;
    readonly bytes: number;
    /** Null where none is published: such a file is unverified. */
    readonly sha256: string | null;
    readonly name: string;
    /** Where address, size and checksum are recorded. */
    readonly evidence: { readonly page: string; readonly says: string };
  }[];
}

export interface DiffusionSet {
  readonly id: string;
  readonly name: string;
  /** One plain sentence on when to use it. */
  readonly use: string;
  /** Ids of items. */
  readonly items: readonly string[];
}

export interface DiffusionOffers {
  readonly items: readonly DiffusionItem[];
  /** The first is the one to take when in doubt. */
  readonly sets: readonly DiffusionSet[];
}

const text = v.pipe(v.string(), v.nonEmpty());
const id = v.pipe(v.string(), v.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/));
const page = v.pipe(v.string(), v.url(), v.startsWith('https://'));
const evidence = v.object({ page, says: text });

const item = v.object({
  id,
  name: text,
  author: text,
  homepage: page,
  licence: v.object({ id: text, url: v.exactOptional(page), commercialUse: v.nullable(v.boolean()) }),
  base: v.picklist(['sd1', 'sd2']),
  prediction: v.nullable(v.picklist(['epsilon', 'v'])),
  sampling: v.nullable(v.picklist(['lcm', 'turbo'])),
  weight: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  parts: v.pipe(
    v.array(
      v.object({
        kind: v.picklist(diffusionKinds),
        values: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      }),
    ),
    v.nonEmpty(),
  ),
  files: v.pipe(v.array(v.object({ ...downloadSchema.entries, evidence })), v.nonEmpty()),
});

const catalogue = v.pipe(
  v.object({
    version: v.literal(1),
    items: v.array(item),
    sets: v.array(v.object({ id, name: text, use: text, items: v.pipe(v.array(id), v.nonEmpty()) })),
  }),
  v.check(({ items }) => unique(items), 'Two items have the same id'),
  v.check(({ sets }) => unique(sets), 'Two sets have the same id'),
  v.check(
    ({ items, sets }) =>
      sets.every((set) => set.items.every((wanted) => items.some((one) => one.id === wanted))),
    'A set names an item that is not there',
  ),
);

function unique(list: readonly { readonly id: string }[]): boolean {
  return new Set(list.map((one) => one.id)).size === list.length;
}

/** Checks parsed JSON. Fails with `model-damaged`, naming the first place that is wrong (`detail.place`). */
export function parseDiffusionOffers(json: unknown): Result<DiffusionOffers> {
  const parsed = v.safeParse(catalogue, json);
  if (parsed.success) return ok({ items: parsed.output.items, sets: parsed.output.sets });
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue) ?? 'the whole';
  return fail(
    'model-damaged',
    `The list of diffusion models is damaged (${place}: ${issue.message}). Reload the page; if that does not help, the app has to be installed on its server again.`,
    { place },
  );
}

/** The items of a set, in its order. */
export function itemsOf({ items }: DiffusionOffers, set: DiffusionSet): readonly DiffusionItem[] {
  return set.items.flatMap((wanted) => items.find((one) => one.id === wanted) ?? []);
}
