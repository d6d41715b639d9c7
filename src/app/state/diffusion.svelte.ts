/** The files of diffusion models on this device: taken in, listed, renamed, deleted, and handed to the engine. */

import { ok, type Result } from '../../base/result.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import { missingParts, type DiffusionEntry, type MissingPart } from '../../models/diffusion-entry.ts';
import type { DiffusionSource } from '../../protocol/engine.ts';
import type { ImportedDiffusion } from '../../protocol/library-diffusion.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import { download } from './download.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Services } from './services.ts';

export class Diffusion {
  readonly #services: Promise<Services>;
  readonly #library: Pick<Library, 'read'>;
  readonly #notices: Notices;
  readonly #text: Text;
  #entries = $state.raw<readonly DiffusionEntry[]>([]);
  #merges: Blob | null = null;

  constructor(services: Promise<Services>, library: Pick<Library, 'read'>, notices: Notices, text: Text) {
    this.#services = services;
    this.#library = library;
    this.#notices = notices;
    this.#text = text;
  }

  get entries(): readonly DiffusionEntry[] {
    return this.#entries;
  }

  /** Reads what is kept; after every change, of a download too. */
  async read(): Promise<void> {
    const { library } = await this.#services;
    const entries = await library.diffusion();
    if (entries.ok) this.#entries = entries.value;
  }

  /** What redrawing needs and these entries do not have: nothing where they make a whole model. */
  missing(ids: readonly string[]): readonly MissingPart[] {
    return missingParts(this.#entries.filter(({ id }) => ids.includes(id)));
  }

  /** These entries for the engine, with the words of the text encoder. Failures: those of opening and fetching. */
  async sourceFor(ids: readonly string[]): Promise<Result<DiffusionSource>> {
    const { library } = await this.#services;
    const files = await library.openDiffusion(ids);
    if (!files.ok) return files;
    if (!this.#merges) {
      const { fetchMerges } = await import('../../clients/merges.ts');
      const merges = await fetchMerges();
      if (!merges.ok) return merges;
      this.#merges = merges.value;
    }
    return ok({ files: files.value, merges: this.#merges });
  }

  /** Takes in files of one model; a failure is for the caller to tell. */
  async import(files: readonly NamedBlob[]): Promise<Result<ImportedDiffusion>> {
    const { library } = await this.#services;
    const imported = await this.#library.read(files[0]?.name ?? '', (onProgress) =>
      library.importDiffusion(files, onProgress),
    );
    if (!imported.ok) return imported;
    const { entry, known, notKept } = imported.value;
    if (notKept) this.#notices.trouble(this.#text.notices.notKept(entry.name, wordsOf(this.#text, notKept)));
    const { diffusionText } = await import('../i18n/diffusion-text.ts');
    this.#notices.news(diffusionText(this.#text).imported(entry, known));
    await this.read();
    return imported;
  }

  async rename({ id, name }: DiffusionEntry, wanted: string): Promise<void> {
    const { library } = await this.#services;
    const renamed = await library.renameDiffusion(id, wanted);
    if (renamed.ok) this.#notices.news(this.#text.library.renamed(wanted));
    else this.#tell(name, renamed);
    await this.read();
  }

  async remove({ id, name }: DiffusionEntry): Promise<void> {
    const { library } = await this.#services;
    const removed = await library.removeDiffusion(id);
    if (removed.ok) this.#notices.news(this.#text.notices.modelRemoved(name));
    else this.#tell(name, removed);
    await this.read();
  }

  /** Saves its files as they are kept, one download each. */
  async export({ id, name }: DiffusionEntry): Promise<void> {
    const { library } = await this.#services;
    const files = await library.openDiffusion([id]);
    if (!files.ok) this.#tell(name, files);
    else for (const { name: file, blob } of files.value) download(blob, file.replaceAll('/', '-'));
  }

  #tell(name: string, result: Result<unknown>): void {
    if (!result.ok) this.#notices.trouble(this.#text.notices.about(name, wordsOf(this.#text, result.error)));
  }
}
