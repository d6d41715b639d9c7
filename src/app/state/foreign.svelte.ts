/**
 * Taking in an ONNX network that nobody here knows: it is tried, what was found is shown with a test tile, and a
 * person accepts it, corrects it, or lets it be.
 */

import type { Failure } from '../../base/errors.ts';
import { ok, type Result } from '../../base/result.ts';
import { SerialQueue } from '../../base/serial-queue.ts';
import type { Rect } from '../../picture/geometry.ts';
import type { ForeignFile, Imported } from '../../protocol/library.ts';
import type { ForeignWish, ProbedModel, ProbeRequest, TestTile } from '../../protocol/probe.ts';
import type { Library } from './library.svelte.ts';
import type { Picture } from './picture.svelte.ts';
import type { Services } from './services.ts';
import type { Shelf } from './shelf.ts';

/** A side of the test tile in pixels of the picture. */
const tileSide = 64;

export type ForeignState =
  | { readonly kind: 'trying' }
  | { readonly kind: 'found' }
  | { readonly kind: 'keeping' }
  /** With what the person corrected; what was found before still stands. */
  | { readonly kind: 'failed'; readonly error: Failure };

export class Foreign {
  readonly #services: Promise<Services>;
  readonly #library: Library;
  readonly #shelf: Shelf;
  readonly #picture: () => Picture | null;
  #file = $state.raw<ForeignFile | null>(null);
  #state = $state.raw<ForeignState>({ kind: 'trying' });
  #found = $state.raw<ProbedModel | null>(null);
  #wish = $state.raw<ForeignWish>({});
  #decide: (accepted: boolean) => void = () => undefined;
  readonly #order = new SerialQueue();
  /** Counts the trials: only the newest counts. */
  #trial = 0;

  constructor(
    services: Promise<Services>,
    library: Library,
    shelf: Shelf,
    /** The picture that the test tile is taken from. */
    picture: () => Picture | null,
  ) {
    this.#services = services;
    this.#library = library;
    this.#shelf = shelf;
    this.#picture = picture;
  }

  /** The file that is asked about; null while nothing is. */
  get file(): ForeignFile | null {
    return this.#file;
  }

  get state(): ForeignState {
    return this.#state;
  }

  /** What was found last. */
  get found(): ProbedModel | null {
    return this.#found;
  }

  get wish(): ForeignWish {
    return this.#wish;
  }

  /** Tries a file and asks; null when the person let it be. Failures: those of reading, probing and keeping. */
  take(files: readonly File[]): Promise<Result<Imported> | null> {
    // One after another: there is one sheet, and each file gets its own answer.
    return this.#order.run(() => this.#take(files));
  }

  async #take(files: readonly File[]): Promise<Result<Imported> | null> {
    const { library } = await this.#services;
    const file = await library.readForeign(files);
    if (!file.ok) return file;
    const decision = new Promise<boolean>((resolve) => {
      this.#decide = resolve;
    });
    this.#wish = {};
    this.#state = { kind: 'trying' };
    this.#file = file.value;
    try {
      const first = await Promise.race([this.#try({}), decision]);
      if (first === false) return null;
      if (first !== true && !first.ok) return first;
      if (!(await decision) || !this.#found) return null;
      this.#state = { kind: 'keeping' };
      return await this.#library.keepForeign(file.value, this.#found.model);
    } finally {
      this.#trial++;
      this.#file = null;
      this.#show(null);
    }
  }

  /** Tries again with what a person knows better. */
  async correct(change: ForeignWish): Promise<void> {
    const wish = { ...this.#wish, ...change };
    this.#wish = wish;
    const tried = await this.#try(wish);
    if (tried && !tried.ok && this.#wish === wish) this.#state = { kind: 'failed', error: tried.error };
  }

  accept(): void {
    if (this.#state.kind === 'found') this.#decide(true);
  }

  cancel(): void {
    if (this.#state.kind !== 'keeping') this.#decide(false);
  }

  async #try(wish: ForeignWish): Promise<Result<null>> {
    const trial = ++this.#trial;
    this.#state = { kind: 'trying' };
    const bytes = this.#file?.bytes;
    if (!bytes) return ok(null);
    const { engine } = await this.#services;
    const picture = await this.#part();
    const probed = await engine.probe({ bytes, wish, ...(picture && { picture }) });
    if (trial !== this.#trial) {
      if (probed.ok) release(probed.value.tile);
      return ok(null);
    }
    if (!probed.ok) return probed;
    this.#show(probed.value);
    this.#state = { kind: 'found' };
    return ok(null);
  }

  /** The middle of the selected picture, when its pixels are there. */
  async #part(): Promise<ProbeRequest['picture'] | null> {
    const picture = this.#picture();
    if (!picture) return null;
    const size = await this.#shelf.source(picture);
    return size.ok ? { id: picture.id, rect: middle(size.value) } : null;
  }

  #show(found: ProbedModel | null): void {
    if (this.#found) release(this.#found.tile);
    this.#found = found;
  }
}

function middle({ width, height }: { readonly width: number; readonly height: number }): Rect {
  const [across, down] = [Math.min(width, tileSide), Math.min(height, tileSide)];
  return {
    x: Math.floor((width - across) / 2),
    y: Math.floor((height - down) / 2),
    width: across,
    height: down,
  };
}

function release({ before, plain, after }: TestTile): void {
  for (const bitmap of [before, plain, after]) bitmap.close();
}
