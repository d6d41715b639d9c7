/** What the chosen settings would do with a picture: the passes, how long they take, or why not. */

import type { Failure } from '../../base/errors.ts';
import type { Result } from '../../base/result.ts';
import { ok } from '../../base/result.ts';
import type { DiffusionEntry } from '../../models/diffusion-entry.ts';
import type { Size } from '../../picture/geometry.ts';
import { estimateSeconds } from '../../recipes/estimate.ts';
import type { Pass } from '../../recipes/passes.ts';
import { isDiffusion } from '../../recipes/needed-models.ts';
import { planPasses } from '../../recipes/plan-passes.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import type { SaveFormat } from '../../protocol/codec.ts';
import type { Choices } from './choices.svelte.ts';
import type { Device } from './device.svelte.ts';
import type { Library } from './library.svelte.ts';
import { jobBytes } from './memory.ts';
import type * as LdsrStep from './ldsr-step.ts';
import type * as Redraw from './redraw.ts';
import type * as RedrawStep from './redraw-step.ts';
import { refusal, type Limits } from './refusal.ts';
import type { Services } from './services.ts';
import { classic, recipeOf, withKnownSecond, type Settings } from './settings.ts';

/** The files of diffusion models on this device. */
interface KeptDiffusion {
  readonly entries: readonly DiffusionEntry[];
}

export class Planning {
  readonly #services: Promise<Services>;
  readonly #choices: Choices;
  readonly #library: Library;
  readonly #device: Device;
  readonly #diffusion: KeptDiffusion;
  #formats = $state.raw<Partial<Record<SaveFormat, Result<NonNullable<Limits['format']>>>>>({});

  /** The chosen model's id; the catalogue's default where nothing, or something unknown, was chosen. */
  readonly #model: string = $derived.by(() => {
    const chosen = this.#choices.current.model;
    if (chosen === classic || (chosen !== null && this.#library.card(chosen))) return chosen;
    return this.#library.defaultId ?? chosen ?? classic;
  });
  readonly #settings: Settings = $derived.by(() =>
    withKnownSecond(this.#choices.current, (id) => this.#library.card(id) !== null),
  );
  /** The code that reads what is chosen of redrawing; null until somebody wants it. */
  #redraw = $state.raw<(typeof Redraw & typeof RedrawStep & typeof LdsrStep) | null>(null);
  readonly #recipe: Recipe = $derived.by(() => {
    const chosen = this.#redraw?.parseRedraw(this.#settings.redraw);
    const plain = recipeOf(this.#settings, this.#model);
    return (chosen && this.#redraw?.drawnRecipe(plain, chosen, this.#diffusion.entries)) ?? plain;
  });
  readonly #redraws = $derived(this.#recipe.steps.some(isDiffusion));

  constructor(
    services: Promise<Services>,
    choices: Choices,
    library: Library,
    device: Device,
    diffusion: KeptDiffusion,
  ) {
    this.#services = services;
    this.#choices = choices;
    this.#library = library;
    this.#device = device;
    this.#diffusion = diffusion;
  }

  /** False until the catalogue is there: nothing can be said of a model before. */
  get ready(): boolean {
    if (this.#settings.redraw['on'] === true && !this.#redraw) return false;
    return this.#model === classic || this.#library.cards.length > 0;
  }

  get model(): string {
    return this.#model;
  }

  get recipe(): Recipe {
    return this.#recipe;
  }

  /** Whether a diffusion model redraws the picture, or enlarges it. */
  get redraws(): boolean {
    return this.#redraws;
  }

  passes(source: Size, recipe: Recipe = this.#recipe): Result<readonly Pass[]> {
    return planPasses(source, recipe, (id) => this.#library.card(id)?.scale);
  }

  /** Why a picture cannot be enlarged like this; null when it can. */
  refusal(source: Size): Failure | null {
    if (!this.ready) return null;
    const passes = this.passes(source);
    if (!passes.ok) return passes.error;
    const chosen = this.#redraw?.parseRedraw(this.#settings.redraw);
    const hindrance = chosen && this.#redraw?.drawnHindrance(chosen, this.#diffusion.entries);
    if (hindrance) return hindrance;
    const format = this.#formats[this.#choices.current.format];
    if (format?.ok === false) return format.error;
    return refusal(source, passes.value, { memory: jobBytes(), format: format?.value ?? null });
  }

  /** Seconds for a picture with a model and all that is chosen beside it, measured on this device; null until it was. */
  seconds(source: Size, model: string = this.#model): number | null {
    if (this.#device.speed(model) === null || model === classic) return null;
    // The model's own time, without redrawing.
    const passes = this.passes(source, recipeOf(this.#settings, model));
    return passes.ok ? estimateSeconds(passes.value, (id) => this.#device.speed(id)) : null;
  }

  /** Of all that is chosen, redrawing too. */
  jobSeconds(source: Size): number | null {
    const own = this.#model === classic ? 0 : this.seconds(source);
    const passes = this.passes(source);
    if (own === null || !this.#redraws || !passes.ok) return own;
    const redraw = this.#redraw?.redrawSeconds(passes.value, (name) => this.#device.speed(name)) ?? null;
    return redraw === null ? null : own + redraw;
  }

  /** For a visit in which redrawing is on, or looked at. */
  async readRedraw(): Promise<void> {
    this.#redraw ??= {
      ...(await import('./redraw.ts')),
      ...(await import('./redraw-step.ts')),
      ...(await import('./ldsr-step.ts')),
    };
  }

  /** Asks the codec once what this browser can write. */
  async readFormats(formats: readonly SaveFormat[]): Promise<void> {
    const { codec } = await this.#services;
    for (const name of formats) {
      const limits = await codec.limits(name);
      const named = limits.ok ? ok({ name: name.toUpperCase(), ...limits.value }) : limits;
      this.#formats = { ...this.#formats, [name]: named };
    }
  }
}
