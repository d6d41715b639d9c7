/**
 * Making a model smaller: a variant is made by the library, runs beside the original on one part of a picture, and is
 * kept only by a person who has seen the difference.
 */

import type { SmallerStorage } from '../../architectures/smaller.ts';
import type { Failure } from '../../base/errors.ts';
import { fail, failure, fromThrown, ok, type Result } from '../../base/result.ts';
import type { EngineClient } from '../../clients/engine.ts';
import type { ModelCard } from '../../models/card.ts';
import { variantsOf, type Difference } from '../../models/variant.ts';
import { rectOf, type Rect, type Size } from '../../picture/geometry.ts';
import type { Comparison, JobDone, ModelSource } from '../../protocol/engine.ts';
import type { Variant } from '../../protocol/library.ts';
import type { App } from './app.svelte.ts';

export interface MeasuredVariant {
  readonly variant: Variant;
  readonly difference: Difference;
  readonly gain: number;
  readonly seconds: { readonly before: number; readonly after: number };
  readonly bitmaps: Readonly<Record<'before' | 'after' | 'difference', ImageBitmap>>;
  /** Where the part was taken. */
  readonly on: 'picture' | 'example';
}

export type QuantisingState =
  | { readonly kind: 'choice' }
  | { readonly kind: 'making'; readonly share: number }
  | { readonly kind: 'running'; readonly which: 'before' | 'after' }
  | { readonly kind: 'measured'; readonly measured: MeasuredVariant }
  | { readonly kind: 'keeping'; readonly measured: MeasuredVariant }
  | { readonly kind: 'failed'; readonly error: Failure };

/** Longest side of the part, in pixels: enough to see, and quick on a CPU too. */
const partSide = 96;

let count = 0;

export class Quantising {
  readonly card: ModelCard;
  readonly storages: readonly SmallerStorage[];
  readonly #app: Pick<
    App,
    'jobs' | 'library' | 'notices' | 'pictures' | 'services' | 'shelf' | 'text' | 'words'
  > & { trying: boolean };
  #state = $state.raw<QuantisingState>({ kind: 'choice' });
  #stopped = false;
  #jobId: string | null = null;

  constructor(app: App, card: ModelCard) {
    this.#app = app;
    this.card = card;
    this.storages = variantsOf(card);
  }

  get state(): QuantisingState {
    return this.#state;
  }

  get busy(): boolean {
    return this.#state.kind === 'making' || this.#state.kind === 'running';
  }

  /** Makes the variant and measures it; nothing is kept. */
  async make(storage: SmallerStorage): Promise<void> {
    if (this.busy || this.#app.jobs.running || this.#app.trying) return;
    this.discard();
    this.#stopped = false;
    this.#app.trying = true;
    this.#state = { kind: 'making', share: 0 };
    try {
      const measured = await this.#measured(storage);
      this.#state = measured.ok
        ? { kind: 'measured', measured: measured.value }
        : { kind: 'failed', error: measured.error };
    } catch (thrown) {
      this.#state = { kind: 'failed', error: fromThrown(thrown) };
    } finally {
      this.#app.trying = false;
      this.#jobId = null;
      if (this.#stopped) this.discard();
    }
  }

  /** Ends the making before its next tensor, a run after its tile. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { engine, library } = await this.#app.services;
    if (this.#jobId) await engine.cancel(this.#jobId);
    else await library.stopQuantising();
  }

  /** Keeps what was measured as a model of its own. True when it is one now. */
  async keep(): Promise<boolean> {
    if (this.#state.kind !== 'measured') return false;
    const { measured } = this.#state;
    const { library, notices, services, text, words } = this.#app;
    this.#state = { kind: 'keeping', measured };
    const client = (await services).library;
    const { id: model, name, stored } = this.card;
    const { difference, variant } = measured;
    const kept = await client.keepVariant(variant, { model, name, stored, difference });
    if (!kept.ok) {
      release(measured);
      this.#state = { kind: 'failed', error: kept.error };
      return false;
    }
    const { card, notKept } = kept.value;
    await library.start();
    if (notKept) notices.trouble(text.notices.notKept(card.name, words(notKept)));
    return true;
  }

  /** Lets go of what was made. */
  discard(): void {
    if (this.#state.kind === 'measured' || this.#state.kind === 'keeping') release(this.#state.measured);
    this.#state = { kind: 'choice' };
  }

  close(): void {
    if (this.busy) void this.stop();
    else this.discard();
  }

  async #measured(storage: SmallerStorage): Promise<Result<MeasuredVariant>> {
    const { engine, library } = await this.#app.services;
    const made = await library.quantise(this.card.id, storage, ({ bytes, total }) => {
      if (this.#state.kind === 'making') this.#state = { kind: 'making', share: bytes / total };
    });
    if (!made.ok) return made;
    const original = await this.#app.library.open(this.card.id);
    if (!original.ok) return original;
    const part = `variant-${++count}`;
    try {
      const on = await this.#take(engine, part);
      if (!on.ok) return on;
      const { card, bytes } = made.value;
      let before = await this.#run(engine, part, 'before', original.value);
      if (!before.ok) return before;
      const after = await this.#run(engine, part, 'after', { card, bytes });
      if (!after.ok) return after;
      const { backend } = after.value.backend;
      // The first run may have shown that another backend is faster.
      if (before.value.backend.backend !== backend) {
        before = await this.#run(engine, part, 'before', original.value);
        if (!before.ok) return before;
      }
      if (before.value.backend.backend !== backend) {
        return fail('internal', 'The two ran on different backends, so they cannot be compared. Try again.');
      }
      const compared = await engine.compare(before.value.resultId, after.value.resultId);
      if (!compared.ok) return compared;
      const bitmaps = await bitmapsOf(engine, before.value, after.value, compared.value);
      if (!bitmaps.ok) return bitmaps;
      const { psnr, mean, largest, gain } = compared.value;
      return ok({
        variant: made.value,
        difference: { psnr, mean, largest, backend },
        gain,
        seconds: { before: before.value.seconds.run, after: after.value.seconds.run },
        bitmaps: bitmaps.value,
        on: on.value,
      });
    } finally {
      for (const id of [part, `${part}-before`, `${part}-after`]) await engine.drop(id);
    }
  }

  /** Puts the middle of the open picture, or else of an example, on the engine's shelf. */
  async #take(engine: EngineClient, part: string): Promise<Result<'picture' | 'example'>> {
    const { library, pictures, services, shelf } = this.#app;
    const picture = pictures.selected;
    if (picture) {
      const size = await shelf.source(picture);
      if (!size.ok) return size;
      const cropped = await engine.crop(picture.id, middle(size.value), part);
      return cropped.ok ? ok('picture') : cropped;
    }
    const path = library.cards.find(({ example }) => example)?.example?.before;
    const response = path ? await fetch(library.address(path)).catch(() => null) : null;
    if (!response?.ok) {
      return fail(
        'model-unavailable',
        'The example picture cannot be reached. Open a picture to compare the two on it.',
      );
    }
    const { codec } = await services;
    const whole = `${part}-example`;
    const decoded = await codec.decode(await response.blob(), whole, 1);
    if (!decoded.ok) return decoded;
    decoded.value.preview.close();
    const cropped = await engine.crop(whole, middle(decoded.value), part);
    await engine.drop(whole);
    return cropped.ok ? ok('example') : cropped;
  }

  async #run(
    engine: EngineClient,
    part: string,
    which: 'before' | 'after',
    source: ModelSource,
  ): Promise<Result<JobDone>> {
    if (this.#stopped) return { ok: false, error: failure('cancelled', 'It was stopped.') };
    this.#state = { kind: 'running', which };
    const resultId = `${part}-${which}`;
    this.#jobId = resultId;
    const { id, scale } = source.card;
    const outcome = await engine.run(
      {
        jobId: resultId,
        pictureId: part,
        resultId,
        recipe: { version: 1, steps: [{ kind: 'upscale', model: id, size: { by: scale } }] },
        models: [source],
        previewPixels: 0,
      },
      () => undefined,
    );
    return outcome.kind === 'done' ? ok(outcome) : { ok: false, error: outcome.error };
  }
}

async function bitmapsOf(
  engine: EngineClient,
  one: JobDone,
  other: JobDone,
  { picture }: Comparison,
): Promise<Result<MeasuredVariant['bitmaps']>> {
  const before = await engine.view(one.resultId, rectOf(one), one);
  if (!before.ok) return before;
  const after = await engine.view(other.resultId, rectOf(other), other);
  return after.ok ? ok({ before: before.value, after: after.value, difference: picture }) : after;
}

function middle({ width, height }: Size): Rect {
  const [across, down] = [Math.min(partSide, width), Math.min(partSide, height)];
  return {
    x: Math.floor((width - across) / 2),
    y: Math.floor((height - down) / 2),
    width: across,
    height: down,
  };
}

function release({ bitmaps }: MeasuredVariant): void {
  for (const bitmap of Object.values(bitmaps)) bitmap.close();
}
