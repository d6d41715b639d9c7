/** What is done with the files of diffusion models: apart from their list, as the first paint needs none of it. */

import { ok, type Result } from '../../base/result.ts';
import {
  describeEntry,
  mergeLoras,
  renameEntry,
  stopImport,
  stopMerging,
} from '../../clients/diffusion-library.ts';
import { fetchMerges } from '../../clients/merges.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import type { DiffusionEntry, Trained } from '../../models/diffusion-entry.ts';
import type { DiffusionSource, ToldModel } from '../../protocol/engine.ts';
import type { ImportedDiffusion } from '../../protocol/library-diffusion.ts';
import type { LdsrStep } from '../../recipes/ldsr.ts';
import type { RefineStep } from '../../recipes/refine.ts';
import { diffusionText } from '../i18n/diffusion-text.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import { redrawText } from '../i18n/redraw-text.ts';
import { download } from './download.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import { entriesOf, fileName, holds } from './redraw-step.ts';
import type { Services } from './services.ts';

export interface DeedContext {
  readonly services: Promise<Services>;
  readonly library: Library;
  readonly notices: Notices;
  readonly text: Text;
}

let merges: Blob | null = null;

/** `onMerging` is told how far LoRAs are merged, and answers whether that is still wanted. Failures: those of opening and fetching, and `cancelled`. */
export async function sourceOf(
  { services, text }: DeedContext,
  entries: readonly DiffusionEntry[],
  steps: readonly (RefineStep | LdsrStep)[],
  onMerging: (words: string) => boolean,
): Promise<Result<DiffusionSource>> {
  const { library } = await services;
  const ids = [...new Set(steps.flatMap((step) => entriesOf(step, entries)))];
  const files = await library.openDiffusion(ids);
  if (!files.ok) return files;
  const refining = steps.filter((step) => step.kind === 'refine');
  // Latent super-resolution reads no text.
  if (refining.length === 0) return ok({ files: files.value, merges: new Blob() });
  if (!merges) {
    const fetched = await fetchMerges();
    if (!fetched.ok) return fetched;
    merges = fetched.value;
  }
  const used = entries.filter((entry) => ids.includes(entry.id));
  const told = used.flatMap((entry) => {
    const { prediction } = entry;
    return prediction && holds(entry, 'unet') ? [{ checkpoint: fileName(entry), prediction }] : [];
  });
  const source = { files: files.value, merges, told };
  if (!used.some((entry) => holds(entry, 'lora'))) return ok(source);
  const words = redrawText(text);
  const merged = await mergeLoras(library, ids, refining, ({ bytes, total }) => {
    if (!onMerging(words.merging(bytes / total))) void stopMerging(library);
  });
  if (merged.ok) return ok({ ...source, merged: merged.value });
  // Whatever else is wrong, the engine finds it too, and tells it with all that it knows.
  return merged.error.code === 'cancelled' ? merged : ok(source);
}

/** Remembers what jobs found out of models. */
export async function learn(
  { services }: DeedContext,
  entries: readonly DiffusionEntry[],
  learned: readonly ToldModel[],
): Promise<void> {
  const { library } = await services;
  for (const { checkpoint, prediction } of learned) {
    const entry = entries.find((one) => fileName(one) === checkpoint);
    if (entry?.prediction === null) await describeEntry(library, entry.id, { prediction });
  }
}

/** What a person says of a model that tells nothing itself. */
export async function answer(
  context: DeedContext,
  { id, name }: DiffusionEntry,
  trained: Trained,
): Promise<void> {
  const { library } = await context.services;
  tell(context, name, await describeEntry(library, id, { trained }));
}

/** A failure is for the caller to tell. */
export async function take(
  { services, library: reader, notices, text }: DeedContext,
  files: readonly NamedBlob[],
): Promise<Result<ImportedDiffusion>> {
  const { library } = await services;
  const imported = await reader.read(
    files[0]?.name ?? '',
    (onProgress) => library.importDiffusion(files, onProgress),
    () => stopImport(library),
  );
  if (!imported.ok) return imported;
  const { entry, known, notKept } = imported.value;
  if (notKept) notices.trouble(text.notices.notKept(entry.name, wordsOf(text, notKept)));
  const words = diffusionText(text);
  notices.news(words.imported(entry, known));
  if (entry.full && !known) notices.news(words.full(entry, entry.full));
  return imported;
}

export async function rename(
  context: DeedContext,
  { id, name }: DiffusionEntry,
  wanted: string,
): Promise<void> {
  const { library } = await context.services;
  const renamed = await renameEntry(library, id, wanted);
  if (renamed.ok) context.notices.news(context.text.library.renamed(renamed.value.name));
  else tell(context, name, renamed);
}

export async function remove(context: DeedContext, { id, name }: DiffusionEntry): Promise<void> {
  const { library } = await context.services;
  const removed = await library.removeDiffusion(id);
  if (removed.ok) context.notices.news(context.text.notices.modelRemoved(name));
  else tell(context, name, removed);
}

/** Saves its files as they are kept, one download each. */
export async function save(context: DeedContext, { id, name }: DiffusionEntry): Promise<void> {
  const { library } = await context.services;
  const files = await library.openDiffusion([id]);
  if (!files.ok) tell(context, name, files);
  else for (const { name: file, blob } of files.value) download(blob, file.replaceAll('/', '-'));
}

function tell({ notices, text }: DeedContext, name: string, result: Result<unknown>): void {
  if (!result.ok) notices.trouble(text.notices.about(name, wordsOf(text, result.error)));
}
