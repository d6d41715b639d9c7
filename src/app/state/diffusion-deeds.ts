/** What is done with the files of diffusion models: apart from their list, as the first paint needs none of it. */

import { ok, type Result } from '../../base/result.ts';
import { fetchMerges } from '../../clients/merges.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import type { DiffusionEntry } from '../../models/diffusion-entry.ts';
import type { DiffusionSource } from '../../protocol/engine.ts';
import type { ImportedDiffusion } from '../../protocol/library-diffusion.ts';
import { diffusionText } from '../i18n/diffusion-text.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import { download } from './download.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Services } from './services.ts';

export interface DeedContext {
  readonly services: Promise<Services>;
  readonly library: Library;
  readonly notices: Notices;
  readonly text: Text;
}

let merges: Blob | null = null;

/** Failures: those of opening and fetching. */
export async function sourceOf(
  { services }: DeedContext,
  ids: readonly string[],
): Promise<Result<DiffusionSource>> {
  const { library } = await services;
  const files = await library.openDiffusion(ids);
  if (!files.ok) return files;
  if (!merges) {
    const fetched = await fetchMerges();
    if (!fetched.ok) return fetched;
    merges = fetched.value;
  }
  return ok({ files: files.value, merges });
}

/** A failure is for the caller to tell. */
export async function take(
  { services, library: reader, notices, text }: DeedContext,
  files: readonly NamedBlob[],
): Promise<Result<ImportedDiffusion>> {
  const { library } = await services;
  const imported = await reader.read(files[0]?.name ?? '', (onProgress) =>
    library.importDiffusion(files, onProgress),
  );
  if (!imported.ok) return imported;
  const { entry, known, notKept } = imported.value;
  if (notKept) notices.trouble(text.notices.notKept(entry.name, wordsOf(text, notKept)));
  notices.news(diffusionText(text).imported(entry, known));
  return imported;
}

export async function rename(
  context: DeedContext,
  { id, name }: DiffusionEntry,
  wanted: string,
): Promise<void> {
  const { library } = await context.services;
  const renamed = await library.renameDiffusion(id, wanted);
  if (renamed.ok) context.notices.news(context.text.library.renamed(wanted));
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
