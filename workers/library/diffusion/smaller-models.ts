/** The library's side of making diffusion models smaller: opens what is kept, lets one making go on at a time, keeps the result. */

import type { PartStorage, StoredPart } from '../../../src/architectures/diffusion/store-parts.ts';
import { fail, type Result } from '../../../src/base/result.ts';
import type { PartChoice } from '../../../src/models/diffusion-smaller.ts';
import type { ImportProgress } from '../../../src/protocol/library.ts';
import type { ImportedDiffusion, MadePart, SmallerPart } from '../../../src/protocol/library-diffusion.ts';
import { quietly } from '../quietly.ts';
import type { KeptDiffusion } from './kept-diffusion.ts';
import {
  choicesOf,
  makePart,
  readOriginal,
  smallerFolder,
  stopped,
  type Original,
  type Watch,
} from './smaller.ts';

type Listener = (progress: ImportProgress) => unknown;

export class SmallerModels {
  readonly #kept: KeptDiffusion;
  /** Which making may go on: a later one, or an end, outdates it. */
  #run = 0;

  constructor(kept: KeptDiffusion) {
    this.#kept = kept;
  }

  async choices(id: string): Promise<Result<readonly PartChoice[]>> {
    const original = await this.#open(id);
    return original.ok ? choicesOf(original.value) : original;
  }

  async make(
    id: string,
    part: StoredPart,
    storage: PartStorage,
    onProgress?: Listener,
  ): Promise<Result<MadePart>> {
    const watch = this.#watch(onProgress);
    const original = await this.#open(id);
    return original.ok ? makePart(original.value, part, storage, watch) : original;
  }

  async keep(
    id: string,
    parts: readonly SmallerPart[],
    onProgress?: Listener,
  ): Promise<Result<ImportedDiffusion>> {
    const watch = this.#watch(onProgress);
    const original = await this.#open(id);
    if (!original.ok) return original;
    const folder = await smallerFolder(original.value, parts, watch);
    if (!folder.ok) return folder;
    if (!watch({ bytes: 0, total: 1 })) return stopped();
    return this.#kept.take(folder.value, watch);
  }

  stop(): void {
    this.#run++;
  }

  #watch(onProgress: Listener | undefined): Watch {
    const run = ++this.#run;
    return (progress) => {
      if (onProgress) quietly(onProgress, progress);
      return run === this.#run;
    };
  }

  async #open(id: string): Promise<Result<Original>> {
    const list = await this.#kept.list();
    if (!list.ok) return list;
    const entry = list.value.find((one) => one.id === id);
    if (!entry) {
      return fail(
        'model-unknown',
        `There is no diffusion file "${id}" on this device. Open its file again.`,
        {
          model: id,
        },
      );
    }
    const files = await this.#kept.open([id]);
    return files.ok ? readOriginal(entry, files.value) : files;
  }
}
