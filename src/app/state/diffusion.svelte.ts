/** The files of diffusion models on this device: taken in, listed, renamed, deleted, and handed to the engine. */

import type { Result } from '../../base/result.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import {
  missingParts,
  type DiffusionEntry,
  type MissingPart,
  type Trained,
} from '../../models/diffusion-entry.ts';
import type { DiffusionSource, ToldModel } from '../../protocol/engine.ts';
import type { ImportedDiffusion } from '../../protocol/library-diffusion.ts';
import type { RefineStep } from '../../recipes/refine.ts';
import type { Text } from '../i18n/en.ts';
import type { DeedContext } from './diffusion-deeds.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Services } from './services.ts';

const deeds = () => import('./diffusion-deeds.ts');

export class Diffusion {
  readonly #context: DeedContext;
  #entries = $state.raw<readonly DiffusionEntry[]>([]);

  constructor(services: Promise<Services>, library: Library, notices: Notices, text: Text) {
    this.#context = { services, library, notices, text };
  }

  get entries(): readonly DiffusionEntry[] {
    return this.#entries;
  }

  /** Reads what is kept; after every change, of a download too. */
  async read(): Promise<void> {
    const { library } = await this.#context.services;
    const entries = await library.diffusion();
    if (entries.ok) this.#entries = entries.value;
  }

  /** What redrawing needs and these entries do not have: nothing where they make a whole model. */
  missing(ids: readonly string[]): readonly MissingPart[] {
    return missingParts(this.#entries.filter(({ id }) => ids.includes(id)));
  }

  /**
   * What these steps need, with the words of the text encoder and their LoRAs merged. Failures: those of opening and fetching, and
   * `cancelled`.
   */
  async sourceFor(
    steps: readonly RefineStep[],
    onMerging: (share: number) => void,
  ): Promise<Result<DiffusionSource>> {
    return (await deeds()).sourceOf(this.#context, this.#entries, steps, onMerging);
  }

  async stopMerging(): Promise<void> {
    await (await this.#context.services).library.stopMerging();
  }

  /** Remembers what a job found out of models. */
  async learn(learned: readonly ToldModel[]): Promise<void> {
    await (await deeds()).learn(this.#context, this.#entries, learned);
    await this.read();
  }

  /** Remembers how a person says that a model was trained. */
  async answer(entry: DiffusionEntry, trained: Trained): Promise<void> {
    await (await deeds()).answer(this.#context, entry, trained);
    await this.read();
  }

  /** Takes in files of one model; a failure is for the caller to tell. */
  async import(files: readonly NamedBlob[]): Promise<Result<ImportedDiffusion>> {
    const taken = await (await deeds()).take(this.#context, files);
    await this.read();
    return taken;
  }

  async rename(entry: DiffusionEntry, name: string): Promise<void> {
    await (await deeds()).rename(this.#context, entry, name);
    await this.read();
  }

  async remove(entry: DiffusionEntry): Promise<void> {
    await (await deeds()).remove(this.#context, entry);
    await this.read();
  }

  /** Saves its files as they are kept. */
  async export(entry: DiffusionEntry): Promise<void> {
    await (await deeds()).save(this.#context, entry);
  }
}
