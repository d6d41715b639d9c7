/** The sets of diffusion models that can be downloaded: what of each is here, what is left, and whether it fits this device. */

import type { Failure } from '../../base/errors.ts';
import { readOffers } from '../../clients/diffusion-library.ts';
import { downloadBytes } from '../../models/available.ts';
import { fitOf, type Fit } from '../../models/diffusion-fit.ts';
import {
  itemsOf,
  type DiffusionItem,
  type DiffusionOffers,
  type DiffusionSet,
} from '../../models/diffusion-offers.ts';
import type { App } from './app.svelte.ts';
import { fitDevice } from './fit-device.ts';
import { choiceOf } from './redraw-step.ts';
import { parseRedraw } from './redraw.ts';

export class DiffusionSets {
  readonly #app: Pick<App, 'choices' | 'device' | 'diffusion' | 'downloads' | 'services'>;
  #offers = $state.raw<DiffusionOffers | null>(null);
  #failed = $state.raw<Failure | null>(null);

  constructor(app: App) {
    this.#app = app;
  }

  get sets(): readonly DiffusionSet[] {
    return this.#offers?.sets ?? [];
  }

  get failed(): Failure | null {
    return this.#failed;
  }

  async read(): Promise<void> {
    const { library } = await this.#app.services;
    const offers = await readOffers(library);
    if (offers.ok) this.#offers = offers.value;
    this.#failed = offers.ok ? null : offers.error;
  }

  items(set: DiffusionSet): readonly DiffusionItem[] {
    return this.#offers ? itemsOf(this.#offers, set) : [];
  }

  isHere({ id }: DiffusionItem): boolean {
    return this.#app.diffusion.entries.some(({ from }) => from?.item === id);
  }

  /** Bytes of the whole set, and of what is not here. */
  size(set: DiffusionSet): { readonly all: number; readonly left: number } {
    const sum = (items: readonly DiffusionItem[]): number =>
      items.reduce((bytes, item) => bytes + downloadBytes(item), 0);
    const items = this.items(set);
    return { all: sum(items), left: sum(items.filter((item) => !this.isHere(item))) };
  }

  fit(set: DiffusionSet): Fit {
    return fitOf(
      this.items(set).flatMap(({ parts }) => parts),
      fitDevice(this.#app.device.report),
    );
  }

  /** Something of the set is on its way. */
  running(set: DiffusionSet): boolean {
    return this.items(set).some(({ id }) => this.#app.downloads.of(id).state === 'running');
  }

  /** Begins, or goes on with, everything of the set that is not here. */
  async start(set: DiffusionSet): Promise<void> {
    await Promise.all(
      this.items(set)
        .filter((item) => !this.isHere(item))
        .map((item) => this.fetch(item)),
    );
    // Somebody who chose nothing yet means the set as it is described.
    if (this.isWhole(set) && parseRedraw(this.#app.choices.current.redraw).model === null)
      this.#choose(set, {});
  }

  isWhole(set: DiffusionSet): boolean {
    return this.items(set).every((item) => this.isHere(item));
  }

  /** Whether redrawing is what it is for. */
  draws(set: DiffusionSet): boolean {
    return this.items(set).some(({ parts }) => parts.some(({ kind }) => kind === 'unet'));
  }

  /** Redraws with all of the set, as it is described. */
  use(set: DiffusionSet): void {
    this.#choose(set, { on: true, open: true });
  }

  #choose(set: DiffusionSet, more: { readonly on?: true; readonly open?: true }): void {
    const { choices, diffusion } = this.#app;
    const entries = this.items(set).flatMap(
      ({ id }) => diffusion.entries.find(({ from }) => from?.item === id) ?? [],
    );
    const chosen = choiceOf(entries);
    if (chosen) choices.change({ redraw: { ...parseRedraw(choices.current.redraw), ...chosen, ...more } });
  }

  async fetch(item: DiffusionItem): Promise<void> {
    if (await this.#app.downloads.startDiffusion(item)) await this.#app.diffusion.read();
  }
}
