/** The person's look at the picture: zoom, pan, the before/after line and the loupe. */

import type { Size } from '../../picture/geometry.ts';
import {
  clamped,
  fitted,
  panned,
  reframed,
  toFrame,
  zoomedAt,
  type Point,
  type View,
} from '../viewer/view.ts';

/** What was asked for; the view follows from it whatever the stage and the frame come to be. */
type Wish =
  | { readonly kind: 'fit' }
  | { readonly kind: 'exact'; readonly zoom: number; readonly center: Point }
  | { readonly kind: 'free'; readonly view: View; readonly frame: Size };

const zoomStep = 1.25;

export class Viewer {
  readonly #frameOf: () => Size | null;
  #stage = $state.raw<Size>({ width: 1, height: 1 });
  /** Device pixels for one CSS pixel. */
  #density = $state(1);
  #wish = $state.raw<Wish>({ kind: 'fit' });
  #split = $state(0.5);
  #loupe = $state(false);
  #loupeAt = $state.raw<Point | null>(null);
  readonly #frame: Size = $derived.by(() => this.#frameOf() ?? { width: 1, height: 1 });
  readonly #view: View = $derived.by(() => {
    const wish = this.#wish;
    if (wish.kind === 'fit') return fitted(this.#frame, this.#stage);
    if (wish.kind === 'free') return reframed(wish.view, wish.frame, this.#frame, this.#stage);
    const center = { x: wish.center.x * this.#frame.width, y: wish.center.y * this.#frame.height };
    return clamped({ scale: wish.zoom / this.#density, center }, this.#frame, this.#stage);
  });

  constructor(frameOf: () => Size | null) {
    this.#frameOf = frameOf;
  }

  get frame(): Size {
    return this.#frame;
  }

  get stage(): Size {
    return this.#stage;
  }

  get density(): number {
    return this.#density;
  }

  get view(): View {
    return this.#view;
  }

  /** Device pixels for one pixel of the result: 1 is 100 %. */
  get zoom(): number {
    return this.#view.scale * this.#density;
  }

  get mode(): 'fit' | 'actual' | 'double' | 'free' {
    const wish = this.#wish;
    if (wish.kind === 'exact') return wish.zoom === 1 ? 'actual' : 'double';
    return wish.kind;
  }

  /** Where the line stands, 0 to 1 of the visible picture. */
  get split(): number {
    return this.#split;
  }

  get loupe(): boolean {
    return this.#loupe;
  }

  /** The loupe's middle on the stage; the middle of the stage until it was moved. */
  get loupeAt(): Point {
    return this.#loupeAt ?? { x: this.#stage.width / 2, y: this.#stage.height / 2 };
  }

  resize(stage: Size, density: number): void {
    this.#stage = { width: Math.max(1, stage.width), height: Math.max(1, stage.height) };
    this.#density = density;
  }

  fit(): void {
    this.#wish = { kind: 'fit' };
  }

  /** 1 for 100 %, 2 for 200 %, around the middle of the stage. */
  exact(zoom: 1 | 2): void {
    const { x, y } = this.#view.center;
    this.#wish = { kind: 'exact', zoom, center: { x: x / this.#frame.width, y: y / this.#frame.height } };
  }

  zoomBy(factor: number, at?: Point): void {
    const point = at ?? { x: this.#stage.width / 2, y: this.#stage.height / 2 };
    this.#free(zoomedAt(this.#view, this.#frame, this.#stage, this.#view.scale * factor, point));
  }

  zoomIn(): void {
    this.zoomBy(zoomStep);
  }

  zoomOut(): void {
    this.zoomBy(1 / zoomStep);
  }

  pan(by: Point): void {
    const moved = panned(this.#view, this.#frame, this.#stage, by);
    // Nothing to move: a fitted picture stays fitted.
    if (moved.center.x === this.#view.center.x && moved.center.y === this.#view.center.y) return;
    this.#free(moved);
  }

  setSplit(split: number): void {
    this.#split = Math.min(1, Math.max(0, split));
  }

  /** All after, or all before if it is all after already. */
  swap(): void {
    this.#split = this.#split > 0 ? 0 : 1;
  }

  toggleLoupe(): void {
    this.#loupe = !this.#loupe;
  }

  moveLoupe(to: Point): void {
    const { width, height } = this.#stage;
    this.#loupeAt = { x: Math.min(width, Math.max(0, to.x)), y: Math.min(height, Math.max(0, to.y)) };
  }

  /** The frame point under a stage point. */
  under(point: Point): Point {
    return toFrame(this.#view, this.#stage, point);
  }

  #free(view: View): void {
    this.#wish = { kind: 'free', view, frame: this.#frame };
  }
}
