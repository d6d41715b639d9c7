/** The files of diffusion models on this device: taken in, listed, renamed, deleted, and handed to the engine. */

import type { Result } from '../../base/result.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import type { DiffusionEntry, Trained } from '../../models/diffusion-entry.ts';
import type { DiffusionSource, ToldModel } from '../../protocol/engine.ts';
import type { ImportedDiffusion } from '../../protocol/library-diffusion.ts';
import type { LdsrStep } from '../../recipes/ldsr.ts';
import type { RefineStep } from '../../recipes/refine.ts';
import type { Text } from '../i18n/en.ts';
import type { DeedContext } from './diffusion-deeds.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Services } from './services.ts';

const deeds = () => import('./diffusion-deeds.ts');
type Deeds = Awaited<ReturnType<typeof deeds>>;

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

  /**
   * What these steps need, with the words of the text encoder and their LoRAs merged. Failures: those of opening and fetching, and
   * `cancelled` once `onMerging` answers `false`.
   */
  async sourceFor(
    steps: readonly (RefineStep | LdsrStep)[],
    onMerging: (words: string) => boolean,
  ): Promise<Result<DiffusionSource>> {
    return (await deeds()).sourceOf(this.#context, this.#entries, steps, onMerging);
  }

  /** Remembers what a job found out of models. */
  learn(learned: readonly ToldModel[]): Promise<void> {
    return this.#do((deeds, context) => deeds.learn(context, this.#entries, learned));
  }

  /** Remembers how a person says that a model was trained. */
  answer(entry: DiffusionEntry, trained: Trained): Promise<void> {
    return this.#do((deeds, context) => deeds.answer(context, entry, trained));
  }

  /** Takes in files of one model; a failure is for the caller to tell. */
  import(files: readonly NamedBlob[]): Promise<Result<ImportedDiffusion>> {
    return this.#do((deeds, context) => deeds.take(context, files));
  }

  rename(entry: DiffusionEntry, name: string): Promise<void> {
    return this.#do((deeds, context) => deeds.rename(context, entry, name));
  }

  remove(entry: DiffusionEntry): Promise<void> {
    return this.#do((deeds, context) => deeds.remove(context, entry));
  }

  /** Saves its files as they are kept. */
  export(entry: DiffusionEntry): Promise<void> {
    return this.#do((deeds, context) => deeds.save(context, entry));
  }

  /** The list is read anew after each. */
  async #do<T>(deed: (all: Deeds, context: DeedContext) => Promise<T>): Promise<T> {
    const done = await deed(await deeds(), this.#context);
    await this.read();
    return done;
  }
}
