/** The whole of the page's state, put together once and handed to components through a context. */

import type { Failure } from '../../base/errors.ts';
import { fromThrown } from '../../base/result.ts';
import type { ModelCard } from '../../models/card.ts';
import type { Size } from '../../picture/geometry.ts';
import type { BackendChoice } from '../../protocol/backend.ts';
import type { Pass } from '../../recipes/passes.ts';
import { en, wordsOf, type Text } from '../i18n/en.ts';
import { Busy } from './busy.svelte.ts';
import { Choices } from './choices.svelte.ts';
import { Device } from './device.svelte.ts';
import { Diffusion } from './diffusion.svelte.ts';
import { Downloads } from './downloads.svelte.ts';
import { Foreign } from './foreign.svelte.ts';
import { Installed } from './installed.svelte.ts';
import { Intake } from './intake.ts';
import { Jobs } from './jobs.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import type { Picture } from './picture.svelte.ts';
import { Pictures } from './pictures.svelte.ts';
import { Planning } from './planning.svelte.ts';
import { Presence } from './presence.ts';
import { Saving } from './saving.svelte.ts';
import type { Services } from './services.ts';
import { classic, sameRecipe, saveFormats } from './settings.ts';
import { Shelf } from './shelf.ts';
import { Showing } from './showing.ts';
import { isActive, isAtWork } from './status.ts';
import { Viewer } from './viewer.svelte.ts';

/** The engine cannot be interrupted while it measures, so it starts only when nobody is about to use it. */
const restMilliseconds = 3000;

export class App {
  readonly text: Text = en;
  readonly choices = new Choices();
  readonly notices = new Notices();
  readonly pictures = new Pictures();
  readonly presence = new Presence();
  readonly busy = new Busy();
  readonly services: Promise<Services>;
  readonly library: Library;
  /** The files of diffusion models on this device. */
  readonly diffusion: Diffusion;
  readonly downloads: Downloads;
  readonly device: Device;
  readonly shelf: Shelf;
  readonly planning: Planning;
  readonly showing: Showing;
  readonly foreign: Foreign;
  readonly intake: Intake;
  readonly saving: Saving;
  readonly jobs: Jobs;
  readonly installed: Installed;
  readonly viewer: Viewer;
  /** Opens the browser's file dialog; set by the component that holds the input. */
  askForFiles: () => void = () => undefined;
  /** Which of the page's own sheets is open. */
  help = $state(false);
  panel = $state(false);
  /** The library screen is open, or to be opened at what it says of diffusion models. */
  browsing = $state<boolean | 'diffusion'>(false);
  /** A model is being tried on a part of a picture. */
  trying = $state(false);
  /** What is about to be deleted and cannot be fetched again. */
  deleting = $state.raw<{ readonly name: string; readonly remove: () => Promise<void> } | null>(null);
  /** The picture that is about to be removed with a result that was not saved. */
  removing = $state.raw<Picture | null>(null);
  #measuring = false;
  /** When the person last did something. */
  #touched = 0;
  /** The passes that lead to what the stage shows: of the running job, the result, or what is planned. */
  readonly #passes: readonly Pass[] = $derived.by(() => {
    const picture = this.pictures.selected;
    return picture ? this.#passesOf(picture) : [];
  });
  readonly #frame: Size | null = $derived(
    this.#passes.at(-1)?.output ?? this.pictures.selected?.size ?? null,
  );
  readonly #todo = $derived(this.pictures.list.filter((picture) => this.#wants(picture)));

  constructor(services: Promise<Services>) {
    const { text, notices, choices, pictures } = this;
    this.services = services;
    this.library = new Library(services, notices, text);
    this.diffusion = new Diffusion(services, this.library, notices, text);
    this.downloads = new Downloads(services, this.library, notices, text);
    this.device = new Device(services, notices, text);
    this.shelf = new Shelf(services, notices, text);
    this.planning = new Planning(services, choices, this.library, this.device, this.diffusion);
    this.showing = new Showing(services, this.shelf, pictures);
    this.saving = new Saving(services, this.shelf, choices, this.busy, notices, text);
    this.foreign = new Foreign(services, this.library, this.shelf, () => pictures.selected);
    this.intake = new Intake(
      services,
      pictures,
      this.library,
      this.diffusion,
      this.foreign,
      this.busy,
      notices,
      text,
      (picture) => this.select(picture),
      (card) => {
        choices.change({ model: card.id });
        void this.#measureOthers();
      },
    );
    this.installed = new Installed(this.intake, notices, text, {
      empty: () => pictures.list.length === 0 && !this.working,
      unsaved: () => this.unsaved,
    });
    this.viewer = new Viewer(() => this.#frame);
    this.shelf.onLost = (ids) => this.#lost(ids);
    this.jobs = new Jobs({
      services,
      shelf: this.shelf,
      library: this.library,
      diffusion: this.diffusion,
      device: this.device,
      notices,
      text,
      ended: (picture) => this.#ended(picture),
    });
  }

  /** The pixel grid that the stage shows. */
  get frame(): Size | null {
    return this.#frame;
  }

  get passes(): readonly Pass[] {
    return this.#passes;
  }

  /** Pictures that the button would work on: without a result, or with one of another recipe. */
  get todo(): readonly Picture[] {
    return this.#todo;
  }

  /** Those of them that can be started as they are. */
  get ready(): readonly Picture[] {
    if (this.planning.ready && !this.device.failed)
      return this.#todo.filter((picture) => this.refusalOf(picture) === null);
    return [];
  }

  /** Something is under way that must not be cut off. */
  get working(): boolean {
    return this.pictures.active.length > 0 || this.busy.now;
  }

  /** Results that would be lost with the tab. */
  get unsaved(): boolean {
    return this.pictures.results.some((picture) => !picture.saved);
  }

  /** Starts the workers, the backend and the default model; then measures the others when idle. */
  async start(): Promise<void> {
    try {
      void this.installed.start();
      await Promise.all([this.#readKept(), this.device.start(this.choices.backend)]);
      const formats = this.planning.readFormats(saveFormats);
      await this.#prepare();
      await formats;
      await this.#measureOthers();
    } catch (thrown) {
      this.notices.trouble(this.text.notices.startFailed(fromThrown(thrown).message));
    }
  }

  async chooseBackend(backend: BackendChoice): Promise<void> {
    this.choices.change({ backend });
    await this.device.start(backend);
    await this.#prepare();
    await this.#measureOthers();
  }

  select(picture: Picture): void {
    this.pictures.select(picture);
    void this.showing.show(picture);
  }

  enlarge(pictures: readonly Picture[]): void {
    const seconds = pictures.reduce(
      (sum, { size }) => sum + (size ? (this.planning.jobSeconds(size) ?? 0) : 0),
      0,
    );
    this.presence.expect(seconds);
    // What is looked at comes first.
    const { selected } = this.pictures;
    const first = pictures.filter((picture) => picture === selected);
    this.jobs.enqueue(
      [...first, ...pictures.filter((picture) => picture !== selected)],
      this.planning.recipe,
    );
    this.panel = false;
  }

  /** Asks before a result is lost that was not saved. */
  async askToRemove(picture: Picture): Promise<void> {
    if (picture.result && !picture.saved) this.removing = picture;
    else await this.remove(picture);
  }

  /** Asks before a model is lost that only its file could bring back. */
  async askToDelete(card: ModelCard): Promise<void> {
    const remove = (): Promise<void> => this.library.remove(card);
    if (card.origin === 'imported' && (!card.from || card.of)) this.deleting = { name: card.name, remove };
    else await remove();
  }

  /** Takes a picture out of the queue; a job of it is cancelled. */
  async remove(picture: Picture): Promise<void> {
    if (isActive(picture.status)) await this.jobs.cancel(picture);
    this.pictures.remove(picture);
    const { selected } = this.pictures;
    if (selected) void this.showing.show(selected);
    await this.shelf.forget(picture.result ? [picture.id, picture.result.id] : [picture.id]);
    picture.release();
  }

  /** Why the pictures to do cannot be done like this. */
  refusalOf(picture: Picture): Failure | null {
    return picture.size ? this.planning.refusal(picture.size) : null;
  }

  /** The file itself is the trouble: trying again would not help. */
  unreadable({ status }: Picture): boolean {
    return status.kind === 'failed' && status.error.code.startsWith('picture-');
  }

  touched(): void {
    this.#touched = performance.now();
  }

  words(failure: Failure): string {
    return wordsOf(this.text, failure);
  }

  #passesOf({ after, passes, result, size, status }: Picture): readonly Pass[] {
    if (isAtWork(status) && after) return passes;
    if (result) return result.passes;
    const planned = size && this.planning.passes(size);
    return planned?.ok ? planned.value : [];
  }

  #wants(picture: Picture): boolean {
    if (isActive(picture.status)) return false;
    if (this.unreadable(picture)) return false;
    // A former result does not make good what failed: it can be tried again.
    if (picture.status.kind === 'failed') return true;
    return !picture.result || !sameRecipe(picture.result.recipe, this.planning.recipe);
  }

  async #readKept(): Promise<void> {
    await this.library.start();
    await this.diffusion.read();
    if (this.choices.current.redraw['on'] === true) await this.planning.readRedraw();
  }

  async #prepare(): Promise<void> {
    const { model } = this.planning;
    // A large model is not downloaded before it is used; the default one is, for offline.
    const id = model !== classic && this.library.kept.has(model) ? model : this.library.defaultId;
    if (this.library.failed) this.notices.trouble(this.words(this.library.failed));
    if (id === null || this.device.failed) return;
    const source = await this.library.open(id);
    if (source.ok) await this.device.prepare(source.value);
    else this.notices.trouble(this.words(source.error));
    const { report } = this.device;
    const { defaultId, kept } = this.library;
    const modelKept = defaultId !== null && kept.has(defaultId);
    if (report) void this.installed.keep({ wasmUrl: report.wasmUrl, modelKept });
  }

  /** Cheap models first, one at a time, and only while nobody waits for the engine. */
  async #measureOthers(): Promise<void> {
    if (this.#measuring) return;
    this.#measuring = true;
    const tried = new Set<string>();
    for (;;) {
      await quiet();
      while (this.#wanted() || performance.now() - this.#touched < restMilliseconds) await pause(500);
      // Looked for anew each time: the backend may have changed meanwhile.
      const { failed, report } = this.device;
      const trial = (id: string): string => `${report?.backend} ${report?.precision} ${id}`;
      const next = [...this.library.cards]
        .sort((one, other) => one.flopsPerPixel - other.flopsPerPixel)
        .find(({ id }) => this.device.speed(id) === null && !tried.has(trial(id)));
      if (failed || !report || !next) break;
      tried.add(trial(next.id));
      await this.device.measure(next);
    }
    this.#measuring = false;
  }

  /** The engine is at work, or a picture is on its way to the stage. */
  #wanted(): boolean {
    const { selected, active } = this.pictures;
    return (
      this.trying ||
      active.length > 0 ||
      (selected !== null && !selected.before && selected.status.kind !== 'failed')
    );
  }

  /** Results that are gone can be made again; of those that were saved nothing is said. */
  #lost(resultIds: readonly string[]): void {
    const lost = this.pictures.list.filter(({ result }) => result && resultIds.includes(result.id));
    const names = lost.filter(({ saved }) => !saved).map(({ name }) => name);
    for (const picture of lost) picture.loseResult();
    if (names.length > 0) this.notices.trouble(this.text.notices.lost(names));
  }

  #ended(picture: Picture): void {
    if (picture.status.kind === 'done' && picture.result) {
      const { progress } = this.text;
      this.presence.tell(
        progress.notificationTitle,
        progress.notificationBody(picture.name, picture.result),
        picture.result.seconds,
      );
    }
    if (this.pictures.active.length === 0) void this.#measureOthers();
    void this.showing.settle(picture);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The next moment in which the page has nothing better to do. */
function quiet(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: 2000 });
    else setTimeout(resolve, 200);
  });
}
