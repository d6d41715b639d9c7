/**
 * Making a diffusion model smaller: the library stores its parts in fewer bits, the engine measures how far each is from the original,
 * and a copy of the best mix (or of a person's own) is kept beside it.
 */

import type { PartStorage, StoredPart } from '../../architectures/diffusion/store-parts.ts';
import type { Failure } from '../../base/errors.ts';
import { fail, fromThrown, type Result } from '../../base/result.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import type { DiffusionEntry } from '../../models/diffusion-entry.ts';
import { fitOf } from '../../models/diffusion-fit.ts';
import { chooseMix, mixBytes, mixLimit, type Mix, type PartOptions } from '../../models/diffusion-mix.ts';
import type { PartChoice, StoredSmaller } from '../../models/diffusion-smaller.ts';
import type { BackendReport } from '../../protocol/backend.ts';
import type { SmallerPart } from '../../protocol/library-diffusion.ts';
import type { App } from './app.svelte.ts';
import { driftOf, kindsOf, type DriftFigure } from './diffusion-drift.ts';
import { fitDevice } from './fit-device.ts';

export type SmallerState =
  | { readonly kind: 'reading' }
  | { readonly kind: 'choice' }
  | {
      readonly kind: 'making' | 'comparing';
      readonly part: StoredPart;
      readonly storage: PartStorage;
      /** Of this storage, 0 to 1. */
      readonly share: number;
      /** Of all storages that are to be made. */
      readonly step: number;
      readonly steps: number;
    }
  /** `trouble` is why it could not be kept. */
  | { readonly kind: 'measured'; readonly trouble: Failure | null }
  | { readonly kind: 'keeping'; readonly share: number }
  | { readonly kind: 'kept'; readonly entry: DiffusionEntry; readonly notKept: Failure | null }
  | { readonly kind: 'failed'; readonly error: Failure };

interface Figure extends DriftFigure {
  readonly part: StoredPart;
  readonly storage: PartStorage;
  /** Null where it was let go, as it is not proposed; it is made anew if a person wants it. */
  readonly file: NamedBlob | null;
}

export class SmallerDiffusion {
  readonly entry: DiffusionEntry;
  readonly #app: Pick<App, 'choices' | 'device' | 'diffusion' | 'jobs' | 'services'> & { trying: boolean };
  #state = $state.raw<SmallerState>({ kind: 'reading' });
  #choices = $state.raw<readonly PartChoice[]>([]);
  #figures = $state.raw<readonly Figure[]>([]);
  #mix = $state.raw<Mix>(new Map());
  #backend = $state.raw<BackendReport['backend'] | null>(null);
  #stopped = false;
  #jobId: string | null = null;
  readonly #options: readonly PartOptions[] = $derived(
    this.#choices.map(({ part, storages }) => ({
      part,
      options: storages.map(({ storage, bytes }, at) => ({
        storage,
        bytes,
        drift: at === 0 ? 0 : (this.figure(part, storage)?.drift ?? null),
      })),
    })),
  );
  readonly #recommended: Mix = $derived(chooseMix(this.#options, mixLimit(this.#options)));

  constructor(app: App, entry: DiffusionEntry) {
    this.#app = app;
    this.entry = entry;
  }

  get state(): SmallerState {
    return this.#state;
  }

  get choices(): readonly PartChoice[] {
    return this.#choices;
  }

  /** What measured it; null before. */
  get backend(): BackendReport['backend'] | null {
    return this.#backend;
  }

  /** What is chosen: the recommended mix, until a person changes it. */
  get mix(): Mix {
    return this.#mix;
  }

  get recommended(): Mix {
    return this.#recommended;
  }

  /** Bytes that the proposed mix keeps to, where that can be. */
  get goal(): number {
    return mixLimit(this.#options);
  }

  /** Bytes of what is chosen. */
  get bytes(): number {
    return mixBytes(this.#options, this.#mix);
  }

  /** Something of it would be stored otherwise than it is. */
  get changes(): boolean {
    return this.#choices.some(({ part, storages: [first] }) => this.#mix.get(part) !== first?.storage);
  }

  get busy(): boolean {
    return this.#state.kind === 'making' || this.#state.kind === 'comparing';
  }

  /** A job or a trial is at work, so nothing can be measured. */
  get waits(): boolean {
    return this.#app.jobs.running || (this.#app.trying && !this.busy);
  }

  figure(part: StoredPart, storage: PartStorage): DriftFigure | null {
    return this.#figures.find((one) => one.part === part && one.storage === storage) ?? null;
  }

  choose(part: StoredPart, storage: PartStorage): void {
    this.#mix = new Map(this.#mix).set(part, storage);
  }

  /** Reads from headers what each part would take. */
  async read(): Promise<void> {
    const { library } = await this.#app.services;
    const choices = await library.smallerChoices(this.entry.id);
    if (choices.ok) this.#choices = choices.value;
    this.#state = choices.ok ? { kind: 'choice' } : { kind: 'failed', error: choices.error };
  }

  /** Makes and measures every storage; nothing is kept. */
  async measure(): Promise<void> {
    if (this.busy || this.waits || this.#choices.length === 0) return;
    this.#stopped = false;
    this.#figures = [];
    this.#app.trying = true;
    try {
      const done = await this.#all();
      const mix = this.#recommended;
      this.#mix = mix;
      this.#figures = this.#figures.map((one) =>
        mix.get(one.part) === one.storage ? one : { ...one, file: null },
      );
      this.#state = done.ok ? { kind: 'measured', trouble: null } : { kind: 'failed', error: done.error };
    } catch (thrown) {
      this.#state = { kind: 'failed', error: fromThrown(thrown) };
    } finally {
      this.#app.trying = false;
      this.#jobId = null;
      if (this.#state.kind !== 'measured') this.#figures = [];
    }
  }

  /** Ends the making before its next tensor, a measurement before its next call. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const { engine, library } = await this.#app.services;
    await library.stopSmaller();
    if (this.#jobId) await engine.cancel(this.#jobId);
  }

  /** Keeps a copy of what is chosen. */
  async keep(): Promise<void> {
    if (this.#state.kind !== 'measured' || !this.changes) return;
    this.#state = { kind: 'keeping', share: 0 };
    const { library } = await this.#app.services;
    const parts = this.#choices.map(({ part }) => this.#kept(part, this.#mix.get(part) ?? 'half'));
    const kept = await library.keepSmaller(this.entry.id, parts, ({ bytes, total }) => {
      if (this.#state.kind === 'keeping') this.#state = { kind: 'keeping', share: bytes / total };
    });
    if (!kept.ok) {
      // What was measured stays: another mix may fit.
      const trouble = kept.error.code === 'cancelled' ? null : kept.error;
      this.#state = { kind: 'measured', trouble };
      return;
    }
    await this.#app.diffusion.read();
    const { entry, notKept } = kept.value;
    this.#figures = [];
    this.#state = { kind: 'kept', entry, notKept: notKept ?? null };
  }

  /** Deletes the original; who redrew with it redraws with the copy. */
  async removeOriginal(): Promise<void> {
    if (this.#state.kind !== 'kept') return;
    const { entry } = this.#state;
    const { redraw } = this.#app.choices.current;
    await this.#app.diffusion.remove(this.entry);
    const gone = this.#app.diffusion.entries.every(({ id }) => id !== this.entry.id);
    const named = (['model', 'control'] as const).filter((place) => redraw[place] === this.entry.id);
    if (!gone || named.length === 0) return;
    const instead = Object.fromEntries(named.map((place) => [place, entry.id]));
    this.#app.choices.change({ redraw: { ...redraw, ...instead } });
  }

  /** Back to the sizes. */
  discard(): void {
    this.#figures = [];
    this.#state = { kind: this.#choices.length > 0 ? 'choice' : 'reading' };
  }

  close(): void {
    if (this.busy || this.#state.kind === 'keeping') void this.stop();
    else this.#figures = [];
  }

  async #all(): Promise<Result<null>> {
    const { library } = await this.#app.services;
    const opened = await library.openDiffusion([this.entry.id]);
    if (!opened.ok) return opened;
    const todo = this.#choices.flatMap(({ part, storages }) =>
      part === 'controlnet' ? [] : storages.slice(1).map(({ storage }) => ({ part, storage })),
    );
    let eight: { readonly part: StoredPart; readonly files: readonly NamedBlob[] } | null = null;
    for (const [at, { part, storage }] of todo.entries()) {
      const now = { part, storage, step: at + 1, steps: todo.length };
      if (this.#stopped) return fail('cancelled', 'It was stopped.');
      this.#state = { ...now, kind: 'making', share: 0 };
      const made = await library.makeSmaller(this.entry.id, part, storage, ({ bytes, total }) => {
        if (this.#state.kind === 'making') this.#state = { ...this.#state, share: bytes / total };
      });
      if (!made.ok) return made;
      const variant = [made.value.file, ...made.value.configs];
      const reference = storage === 'q4' && eight?.part === part ? eight.files : null;
      eight = storage === 'q8' ? { part, files: variant } : null;
      const { engine } = await this.#app.services;
      const figure = await driftOf(engine, {
        part,
        original: this.#fits(part) ? opened.value : null,
        eight: reference,
        variant,
        begin: (jobId) => {
          this.#jobId = jobId;
          this.#state = { ...now, kind: 'comparing', share: 1 };
          return !this.#stopped;
        },
      });
      if (!figure.ok) return figure;
      const { backend } = figure.value;
      if (backend) this.#backend = backend;
      this.#figures = [...this.#figures, { ...figure.value, part, storage, file: made.value.file }];
    }
    return { ok: true, value: null };
  }

  /** Whether a part can be run here as it is. */
  #fits(part: StoredPart): boolean {
    const kinds = kindsOf(part);
    const parts = this.entry.parts.filter(({ kind }) => kinds.includes(kind));
    return fitOf(parts, fitDevice(this.#app.device.report)).verdict !== 'too-large';
  }

  #kept(part: StoredPart, storage: PartStorage): SmallerPart {
    const figure = this.#figures.find((one) => one.part === part && one.storage === storage);
    const first = this.#choices.find((one) => one.part === part)?.storages[0];
    const told: StoredSmaller = {
      part,
      storage,
      drift: storage === first?.storage ? 0 : (figure?.drift ?? null),
      against: figure?.against ?? 'original',
    };
    return figure?.file ? { ...told, file: figure.file } : told;
  }
}
