/**
 * Refining: a picture through a diffusion model, as a list of operations of which each is one call of one network. It stops and goes
 * on between any two of them.
 */

import { at, invariant } from '../../base/assert.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Rect, Size } from '../../picture/geometry.ts';
import type { PixelStore } from '../../picture/pixel-store.ts';
import type { NoiseField } from '../noise/noise-field.ts';
import { latentToRgb, planesToRgb } from '../preview.ts';
import { redrawing, type Canvas } from './canvas.ts';
import { CanvasDenoiser, type DenoiserState, type Denoising, type Foreseen } from './denoiser.ts';
import type { Chunk, Floats, Networks } from './networks.ts';
import { operationsOf, type Operation } from './operations.ts';
import { contextOf, type Script } from './script.ts';
import { CanvasDecoder, CanvasEncoder, drawnRect, latentLength } from './vae-tiles.ts';

/** Structured-cloneable: all that a checkpoint keeps between two operations. */
export interface RefineState {
  /** Rows of text that are encoded. */
  readonly rows: readonly (Floats | null)[];
  /** Latent maps of the canvases: of the picture, and once denoised of the result. */
  readonly maps: readonly (Floats | null)[];
  /** Rims of the VAE's tiles that wait for their neighbours. */
  readonly rims: readonly Floats[] | null;
  readonly denoiser: DenoiserState | null;
}

export interface RefineOrder {
  readonly canvases: readonly Canvas[];
  /** See `Amounts`. */
  readonly inTurn: boolean;
  readonly fromNoise?: boolean;
  readonly script: Script;
  /** What the text encoder is given for a row. */
  chunk(row: number): Chunk;
  readonly denoising: Omit<Denoising, 'contexts'>;
  field(canvas: Canvas): NoiseField;
  /** What a canvas is drawn from: the picture, or what has become of it so far. */
  source(canvas: number): PixelStore;
  /** Where a canvas is redrawn (`Holding`); all of it when absent. */
  redrawn?(canvas: number): Float32Array;
}

/** What an operation made for people to see. Rectangles are of what is drawn, in pixels. */
export type Drawn =
  | {
      readonly kind: 'pixels';
      readonly canvas: number;
      readonly rect: Rect;
      /** RGB, about 0..1, not clamped. */
      readonly planes: Floats;
      /** Whether the canvas is finished with them. */
      readonly last: boolean;
    }
  | {
      readonly kind: 'sketch';
      readonly canvas: number;
      readonly rect: Rect;
      /** RGBA of `size`: of all the pixels, or one for each place of the latent map. */
      readonly rgba: Uint8ClampedArray<ArrayBuffer>;
      readonly size: Size;
    };

/** A run of an order: `operations` tells what there is to do, `run` does one of them, `state` is what a checkpoint keeps in between. */
export class Refining {
  readonly operations: readonly Operation[];
  readonly #order: RefineOrder;
  readonly #networks: Networks;
  readonly #rows: (Floats | null)[];
  readonly #maps: (Floats | null)[];
  /** What the operation before left open, if it is of the same canvas and kind. */
  #encoder: CanvasEncoder | null = null;
  #denoiser: CanvasDenoiser | null = null;
  #decoder: CanvasDecoder | null = null;
  /** Tiles of the canvas that were decoded for people, and those of them in this round, in which each comes once. */
  readonly #shown = { tiles: new Set<number>(), round: new Set<number>() };
  #resumed: RefineState | null;

  /** `resumed`: what another run of the same order left (it is taken over). */
  constructor(order: RefineOrder, networks: Networks, resumed?: RefineState) {
    this.operations = operationsOf(order.canvases, {
      chunks: order.script.rows.length,
      branches: order.script.branches,
      inTurn: order.inTurn,
      fromNoise: order.fromNoise ?? false,
    });
    this.#order = order;
    this.#networks = networks;
    this.#rows = resumed ? [...resumed.rows] : order.script.rows.map(() => null);
    this.#maps = resumed ? [...resumed.maps] : order.canvases.map(() => null);
    this.#resumed = resumed ?? null;
  }

  /** Makes one operation, in order. Failures: those of `Networks`; the operation can then be made again. */
  async run(index: number): Promise<Result<Drawn | null>> {
    const operation = at(this.operations, index);
    const done = await this.#make(operation);
    if (done.ok) this.#resumed = null;
    return done;
  }

  state(): RefineState {
    if (this.#resumed) return this.#resumed;
    return {
      rows: this.#rows,
      maps: this.#maps,
      rims: this.#encoder?.pending() ?? this.#decoder?.pending() ?? null,
      denoiser: this.#denoiser?.state() ?? null,
    };
  }

  async #make(operation: Operation): Promise<Result<Drawn | null>> {
    switch (operation.kind) {
      case 'text':
        return this.#read(operation.chunk);
      case 'encode':
        return this.#encode(operation.canvas, operation.tile);
      case 'predict':
        return this.#predict(operation);
      case 'decode':
        return this.#decode(operation.canvas, operation.tile);
    }
  }

  async #read(row: number): Promise<Result<null>> {
    const encoded = await this.#networks.text(this.#order.chunk(row));
    if (!encoded.ok) return encoded;
    this.#rows[row] = encoded.value;
    return ok(null);
  }

  async #encode(index: number, tile: number): Promise<Result<null>> {
    const canvas = at(this.#order.canvases, index);
    this.#encoder ??= new CanvasEncoder(canvas, this.#networks, this.#resumed?.rims ?? undefined);
    const map = (this.#maps[index] ??= new Float32Array(latentLength(canvas)));
    const done = await this.#encoder.encode(tile, this.#order.source(index), map);
    if (done.ok && tile === canvas.vae.tiles.length - 1) this.#encoder = null;
    return done;
  }

  async #predict(operation: Extract<Operation, { kind: 'predict' }>): Promise<Result<Drawn | null>> {
    const { canvas: index, evaluation, tile, branch } = operation;
    const canvas = at(this.#order.canvases, index);
    this.#denoiser ??= this.#denoiserOf(index, canvas);
    const done = await this.#denoiser.predict(tile, branch, this.#order.source(index));
    if (!done.ok) return done;
    const drawn = done.value && (await this.#sketch(index, canvas, done.value));
    const last = evaluation === canvas.steps.evaluations - 1 && tile === canvas.grid.tiles.length - 1;
    if (last && branch === this.#order.script.branches - 1) {
      this.#maps[index] = this.#denoiser.result();
      this.#denoiser = null;
      this.#shown.tiles.clear();
      this.#shown.round.clear();
    }
    return ok(drawn);
  }

  /** Where a tile is going: decoded where that costs little, and until it was once, its latent as colours. */
  async #sketch(index: number, canvas: Canvas, { tile, latent }: Foreseen): Promise<Drawn | null> {
    const { tiles, round } = this.#shown;
    if (round.size === canvas.grid.tiles.length) round.clear();
    const rect = drawnRect(canvas, tile.rect);
    const decoded = round.has(tile.index) ? null : await this.#networks.preview?.(latent, tile.rect);
    if (decoded) {
      tiles.add(tile.index);
      round.add(tile.index);
      return {
        kind: 'sketch',
        canvas: index,
        rect,
        rgba: planesToRgb(decoded),
        size: { width: rect.width, height: rect.height },
      };
    }
    // Nobody told what the channels of other latents look like.
    if (tiles.has(tile.index) || canvas.form.channels !== redrawing.channels) return null;
    const { width, height } = tile.rect;
    return {
      kind: 'sketch',
      canvas: index,
      rect,
      rgba: latentToRgb(latent, height, width),
      size: { width, height },
    };
  }

  #denoiserOf(index: number, canvas: Canvas): CanvasDenoiser {
    const { script, denoising } = this.#order;
    const contexts = memorised((evaluation: number) =>
      at(script.evaluations, evaluation).map((rows) => contextOf(rows, script, this.#rows)),
    );
    const map = this.#maps[index] ?? (this.#order.fromNoise ? new Float32Array(latentLength(canvas)) : null);
    invariant(map, 'A canvas is encoded before it is denoised');
    const redrawn = this.#order.redrawn?.(index);
    return new CanvasDenoiser(
      canvas,
      this.#networks,
      { ...denoising, contexts },
      this.#order.field(canvas),
      this.#resumed?.denoiser ?? map,
      redrawn ? { redrawn, original: map } : null,
    );
  }

  async #decode(index: number, tile: number): Promise<Result<Drawn | null>> {
    const canvas = at(this.#order.canvases, index);
    const map = this.#maps[index];
    invariant(map, 'A canvas is denoised before it is decoded');
    this.#decoder ??= new CanvasDecoder(canvas, this.#networks, this.#resumed?.rims ?? undefined);
    const done = await this.#decoder.decode(tile, map);
    if (!done.ok) return done;
    const last = tile === canvas.vae.tiles.length - 1;
    if (last) {
      this.#decoder = null;
      this.#maps[index] = null;
    }
    return ok({ kind: 'pixels', canvas: index, ...done.value, last });
  }
}

/** Keeps the last answer: the calls of an evaluation ask for the same. */
function memorised<T>(make: (evaluation: number) => T): (evaluation: number) => T {
  let known: { readonly evaluation: number; readonly value: T } | null = null;
  return (evaluation) => {
    if (known?.evaluation !== evaluation) known = { evaluation, value: make(evaluation) };
    return known.value;
  };
}
