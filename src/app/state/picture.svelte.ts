/** One picture of the queue: its file, where its job stands, and what the stage shows of it. */

import type { Size } from '../../picture/geometry.ts';
import type { Pass } from '../../recipes/passes.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import type { Surface } from '../viewer/surface.ts';
import { advance, isAtWork, type Status, type StatusEvent } from './status.ts';

/** How far a job is; `at` is when it was said, so that seconds can count down between tiles. */
export interface Progress {
  readonly tile: number;
  readonly tiles: number;
  readonly progress: number;
  readonly next: { readonly progress: number; readonly seconds: number };
  readonly secondsLeft: number | null;
  readonly at: number;
}

export interface PictureResult extends Size {
  /** Its id on the engine's shelf. */
  readonly id: string;
  readonly opaque: boolean;
  readonly recipe: Recipe;
  readonly passes: readonly Pass[];
  readonly seconds: number;
  readonly backend: string;
}

export class Picture {
  readonly id: string;
  readonly file: Blob;
  readonly name: string;

  /** Width and height as seen; null until the head of the file was read. */
  size = $state.raw<Size | null>(null);
  opaque = $state(true);
  thumbnail = $state.raw<ImageBitmap | null>(null);
  progress = $state.raw<Progress | null>(null);
  result = $state.raw<PictureResult | null>(null);
  /** What the current or last job was asked to do. */
  recipe = $state.raw<Recipe | null>(null);
  passes = $state.raw<readonly Pass[]>([]);
  before = $state.raw<Surface | null>(null);
  after = $state.raw<Surface | null>(null);
  saved = $state(false);
  /** Whether it was told that this browser rounds this picture's faint colours. */
  rounded = false;
  /** Raised whenever a surface got new pixels, which runes cannot see. */
  #drawn = $state(0);
  #status = $state.raw<Status>({ kind: 'idle' });

  constructor(id: string, file: Blob, name: string) {
    this.id = id;
    this.file = file;
    this.name = name;
  }

  get status(): Status {
    return this.#status;
  }

  get drawn(): number {
    return this.#drawn;
  }

  dispatch(event: StatusEvent): void {
    this.#status = advance(this.#status, event);
  }

  redraw(): void {
    this.#drawn++;
  }

  showBefore(surface: Surface | null): void {
    this.before?.release();
    this.before = surface;
  }

  showAfter(surface: Surface | null): void {
    this.after?.release();
    this.after = surface;
  }

  /** Its result is gone: what is shown of it goes too, so that it can be made again. */
  loseResult(): void {
    this.result = null;
    this.saved = false;
    if (isAtWork(this.#status)) return;
    this.passes = [];
    this.showAfter(null);
    this.dispatch({ kind: 'lose' });
  }

  release(): void {
    this.showBefore(null);
    this.showAfter(null);
    this.thumbnail?.close();
    this.thumbnail = null;
  }
}
