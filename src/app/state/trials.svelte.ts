/**
 * Trying models on a part of an open picture: which part, which models, and what came of it. Nothing of the
 * settings changes here.
 */

import type { Failure } from '../../base/errors.ts';
import { failure, fromThrown } from '../../base/result.ts';
import type { ModelCard } from '../../models/card.ts';
import { rectOf, type Rect } from '../../picture/geometry.ts';
import type { EngineClient } from '../../clients/engine.ts';
import type { App } from './app.svelte.ts';
import type { Picture } from './picture.svelte.ts';

export type TrialState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'fetching'; readonly share: number }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly seconds: number; readonly after: ImageBitmap }
  | { readonly kind: 'failed'; readonly error: Failure };

export interface Trial {
  readonly card: ModelCard;
  readonly state: TrialState;
}

/** Sides that a part can have, in pixels of the picture. */
export const trialSides = [64, 128, 256] as const;

/** Ids on the shelf must differ, also between two times that the screen is open. */
let count = 0;

export class Trials {
  readonly #app: Pick<App, 'choices' | 'jobs' | 'library' | 'services' | 'shelf'> & { trying: boolean };
  #picture = $state.raw<Picture | null>(null);
  #failed = $state.raw<Failure | null>(null);
  #side = $state<number>(128);
  #at = $state.raw<{ readonly x: number; readonly y: number }>({ x: 0, y: 0 });
  #chosen = $state.raw<ReadonlySet<string>>(new Set());
  #list = $state.raw<readonly Trial[]>([]);
  #before = $state.raw<ImageBitmap | null>(null);
  /** The part that the results show. */
  #tried = $state.raw<Rect | null>(null);
  #busy = $state(false);
  #stopped = false;
  #jobId: string | null = null;
  readonly #rect: Rect = $derived.by(() => {
    const { width, height } = this.#picture?.size ?? { width: 0, height: 0 };
    const [across, down] = [Math.min(this.#side, width), Math.min(this.#side, height)];
    return {
      x: Math.max(0, Math.min(Math.round(this.#at.x), width - across)),
      y: Math.max(0, Math.min(Math.round(this.#at.y), height - down)),
      width: across,
      height: down,
    };
  });

  constructor(app: App) {
    this.#app = app;
  }

  get picture(): Picture | null {
    return this.#picture;
  }

  /** Why the picture cannot be shown. */
  get failed(): Failure | null {
    return this.#failed;
  }

  get side(): number {
    return this.#side;
  }

  /** The part, inside the picture. */
  get rect(): Rect {
    return this.#rect;
  }

  get chosen(): ReadonlySet<string> {
    return this.#chosen;
  }

  get list(): readonly Trial[] {
    return this.#list;
  }

  get before(): ImageBitmap | null {
    return this.#before;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** The part was moved since the results were made. */
  get moved(): boolean {
    const [tried, rect] = [this.#tried, this.#rect];
    return tried !== null && (tried.x !== rect.x || tried.y !== rect.y || tried.width !== rect.width);
  }

  /** Makes a picture's pixels ready; its before surface can be drawn afterwards. */
  async open(picture: Picture): Promise<void> {
    this.#picture = picture;
    this.#failed = null;
    const there = await this.#app.shelf.source(picture);
    if (!there.ok) this.#failed = there.error;
  }

  move(to: { readonly x: number; readonly y: number }): void {
    this.#at = to;
  }

  /** Another side, around the same middle. */
  resize(side: number): void {
    const { x, y, width, height } = this.#rect;
    this.#side = side;
    this.#at = { x: x + (width - side) / 2, y: y + (height - side) / 2 };
  }

  choose(ids: Iterable<string>): void {
    this.#chosen = new Set(ids);
  }

  toggle(id: string): void {
    const chosen = new Set(this.#chosen);
    if (!chosen.delete(id)) chosen.add(id);
    this.#chosen = chosen;
  }

  /** Runs the chosen models on the part, one after another. */
  async run(): Promise<void> {
    const picture = this.#picture;
    const cards = this.#app.library.cards.filter(({ id }) => this.#chosen.has(id));
    if (!picture || this.#busy || this.#app.jobs.running || cards.length === 0) return;
    this.#release();
    this.#stopped = false;
    this.#busy = this.#app.trying = true;
    this.#tried = this.#rect;
    this.#list = cards.map((card) => ({ card, state: { kind: 'waiting' } }));
    const { engine } = await this.#app.services;
    const part = `trial-${++count}`;
    try {
      const error = await this.#take(engine, picture, this.#tried, part);
      for (const card of cards) {
        const broken = error ?? (this.#stopped ? failure('cancelled', 'The trial was stopped.') : null);
        const state = broken ? failed(broken) : await this.#try(engine, card, part);
        // Closed meanwhile: nobody will look.
        if (this.#picture) this.#set(card, state);
        else if (state.kind === 'done') state.after.close();
      }
    } finally {
      await engine.drop(part);
      this.#jobId = null;
      this.#busy = this.#app.trying = false;
    }
  }

  /** Ends what runs, after its tile, and what waits. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { engine } = await this.#app.services;
    if (this.#jobId) await engine.cancel(this.#jobId);
  }

  /** Frees everything. */
  close(): void {
    if (this.#busy) void this.stop();
    this.#picture = null;
    this.#release();
  }

  /** Puts the part on the shelf and shows it; answers why it could not. */
  async #take(engine: EngineClient, picture: Picture, rect: Rect, part: string): Promise<Failure | null> {
    const there = await this.#app.shelf.source(picture);
    if (!there.ok) return there.error;
    const cropped = await engine.crop(picture.id, rect, part);
    if (!cropped.ok) return cropped.error;
    const before = await engine.view(part, rectOf(rect), rect);
    if (!before.ok) return before.error;
    // Closed meanwhile: nobody will look.
    if (this.#picture) this.#before = before.value;
    else before.value.close();
    return null;
  }

  async #try(engine: EngineClient, card: ModelCard, part: string): Promise<TrialState> {
    const resultId = `${part}-${card.id}`;
    this.#set(card, { kind: 'fetching', share: 0 });
    try {
      const source = await this.#app.library.open(card.id, ({ bytes, total }) => {
        this.#set(card, { kind: 'fetching', share: bytes / total });
      });
      if (!source.ok) return failed(source.error);
      if (this.#stopped) return failed(failure('cancelled', 'The trial was stopped.'));
      this.#set(card, { kind: 'running' });
      this.#jobId = resultId;
      const outcome = await engine.run(
        {
          jobId: resultId,
          pictureId: part,
          resultId,
          recipe: { version: 1, steps: [{ kind: 'upscale', model: card.id, size: { by: card.scale } }] },
          models: [source.value],
          previewPixels: 0,
        },
        () => undefined,
      );
      if (outcome.kind === 'stopped') return failed(outcome.error);
      const after = await engine.view(resultId, rectOf(outcome), outcome);
      return after.ok
        ? { kind: 'done', seconds: outcome.seconds.run, after: after.value }
        : failed(after.error);
    } catch (thrown) {
      return failed(fromThrown(thrown));
    } finally {
      await engine.drop(resultId);
    }
  }

  #set(card: ModelCard, state: TrialState): void {
    this.#list = this.#list.map((trial) => (trial.card.id === card.id ? { card, state } : trial));
  }

  #release(): void {
    this.#before?.close();
    this.#before = null;
    this.#tried = null;
    for (const { state } of this.#list) if (state.kind === 'done') state.after.close();
    this.#list = [];
  }
}

function failed(error: Failure): TrialState {
  return { kind: 'failed', error };
}
