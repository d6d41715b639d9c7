/** Denoises one canvas: the UNet predicts each tile for each text, and the tiles are joined before each step. */

import { at, invariant } from '../../base/assert.ts';
import { ok, type Result } from '../../base/result.ts';
import type { PixelStore } from '../../picture/pixel-store.ts';
import { cutPlanes } from '../../tiles/cut.ts';
import { denoisedFrom, guided, modelInput } from '../guidance.ts';
import type { NoiseField } from '../noise/noise-field.ts';
import { askedStill, begin, finished, next, wanted, type Run, type Wanted } from '../samplers/run.ts';
import type { GridTile } from '../tiles/grid.ts';
import { LatentJoiner, type PartlyJoined } from '../tiles/latent-joiner.ts';
import type { Canvas } from './canvas.ts';
import type { Floats, Networks, Prediction } from './networks.ts';
import { pixelsUnder } from './vae-tiles.ts';

/** What all canvases of a run share. */
export interface Denoising {
  readonly guidance: number;
  /** What the UNet is told at an evaluation (counted from 0), by branch: the prompt, then the negative prompt where there is one. */
  contexts(evaluation: number): readonly Floats[];
  /** Factors of the ControlNet's residuals at a step of so many; null without one. */
  control(step: number, steps: number, branch: number): readonly number[] | null;
}

/** Where a canvas is redrawn (1), place by place of its latent map; elsewhere (0) it is held to what it was. */
export interface Holding {
  readonly redrawn: Float32Array;
  /** [channels, height, width]: the map that denoising began with. */
  readonly original: Float32Array;
}

/** Structured-cloneable: what a checkpoint keeps of a canvas that is being denoised. */
export interface DenoiserState {
  readonly run: Run;
  readonly joined: PartlyJoined;
  /** The predictions of a tile that are there, by text, while not all of them were asked for: of one text, or of all at once. */
  readonly answers: readonly Floats[];
}

/** What a step has come to, for a preview: a rectangle of the denoised latent map. */
export interface Foreseen {
  readonly tile: GridTile;
  readonly latent: Floats;
}

/**
 * Goes through a canvas's evaluations tile by tile, from its latent map [channels, height, width] to the denoised one; `holding`
 * keeps places as they were. Given a `DenoiserState` it goes on from there.
 */
export class CanvasDenoiser {
  readonly #canvas: Canvas;
  readonly #networks: Networks;
  readonly #denoising: Denoising;
  readonly #field: NoiseField;
  readonly #holding: Holding | null;
  readonly #joiner: LatentJoiner;
  #run: Run;
  #answers: readonly Floats[];
  /** What the ControlNet saw last: both texts of a tile, and every step of a canvas of one tile, show it the same. */
  #hint: { readonly tile: number; readonly pixels: Floats } | null = null;

  constructor(
    canvas: Canvas,
    networks: Networks,
    denoising: Denoising,
    field: NoiseField,
    from: Floats | DenoiserState,
    holding: Holding | null = null,
  ) {
    this.#canvas = canvas;
    this.#networks = networks;
    this.#denoising = denoising;
    this.#field = field;
    this.#holding = holding;
    const resumed = from instanceof Float32Array ? null : from;
    this.#run = from instanceof Float32Array ? begin(canvas.steps.plan, from, field.draw(0)) : from.run;
    this.#answers = resumed?.answers ?? [];
    this.#joiner = new LatentJoiner(canvas.grid, canvas.form.channels, resumed?.joined);
  }

  /**
   * The prediction of one tile for one text, which may be there already: the networks answer for several texts at once where they can. With
   * the last text of a tile it is joined, and with the last tile the step is made. The result shows where the tile is going, or null
   * before its last text.
   */
  async predict(tileIndex: number, branch: number, source: PixelStore): Promise<Result<Foreseen | null>> {
    const { guidance } = this.#denoising;
    const tile = at(this.#canvas.grid.tiles, tileIndex);
    const asked = wanted(this.#run);
    invariant(asked, 'The canvas is denoised already');
    const x = cutPlanes(floats(asked.x), this.#canvas.grid.size, tile.rect);
    const contexts = this.#denoising.contexts(this.#evaluation());
    if (branch >= this.#answers.length) {
      const calls = await this.#calls(tile, x, asked, source);
      const answers = await this.#networks.predict(calls);
      if (!answers.ok) return answers;
      this.#answers = [...this.#answers, ...answers.value];
    }
    if (branch < contexts.length - 1) return ok(null);
    const [prompted, negative] = this.#answers;
    invariant(prompted, 'A prompt was asked for');
    const joined = negative ? guided(negative, prompted, guidance) : prompted;
    this.#answers = [];
    const latent = denoisedFrom(this.#networks.traits.prediction, x, joined, asked.sigma);
    this.#joiner.add(tile, latent);
    if (tileIndex === this.#canvas.grid.tiles.length - 1) this.#step(asked);
    return ok({ tile, latent });
  }

  /** The denoised map, once every evaluation was made. */
  result(): Floats {
    invariant(wanted(this.#run) === null, 'The canvas is not denoised yet');
    return this.#held(floats(finished(this.#run)));
  }

  /** Between two calls. */
  state(): DenoiserState {
    return { run: this.#run, joined: this.#joiner.partly(), answers: this.#answers };
  }

  /** How often the network was asked for the whole canvas. */
  #evaluation(): number {
    return this.#canvas.steps.evaluations - askedStill(this.#run);
  }

  /** What is still to be asked of a tile. */
  async #calls(
    tile: GridTile,
    x: Floats,
    { sigma, timestep }: Wanted,
    source: PixelStore,
  ): Promise<Prediction[]> {
    const denoising = this.#denoising;
    const { step, plan } = this.#run;
    const sample = modelInput(x, sigma);
    const { width, height } = tile.rect;
    const calls: Prediction[] = [];
    for (const [branch, context] of denoising.contexts(this.#evaluation()).entries()) {
      if (branch < this.#answers.length) continue;
      const factors = denoising.control(step, plan.timesteps.length, branch);
      const seen = factors && { hint: await this.#seen(tile, source), factors };
      calls.push({
        sample,
        size: { width, height },
        timestep,
        context,
        guidance: denoising.guidance,
        control: seen,
      });
    }
    return calls;
  }

  async #seen({ index, rect }: GridTile, source: PixelStore): Promise<Floats> {
    if (this.#hint?.tile === index) return this.#hint.pixels;
    const pixels = await pixelsUnder(source, this.#canvas, rect);
    this.#hint = { tile: index, pixels };
    return pixels;
  }

  #step({ draw }: Wanted): void {
    const noise = draw === null ? undefined : this.#field.draw(draw);
    this.#run = next(this.#run, this.#held(this.#joiner.take()), noise);
  }

  /**
   * The sampler is told that what is held came out as it was, so that its noise goes down with that of the rest: how
   * AUTOMATIC1111 inpaints with any model.
   */
  #held(denoised: Floats): Floats {
    if (!this.#holding) return denoised;
    const { redrawn, original } = this.#holding;
    return denoised.map((value, i) => (at(redrawn, i % redrawn.length) === 0 ? at(original, i) : value));
  }
}

function floats(values: Float32Array): Floats {
  return values.buffer instanceof ArrayBuffer ? (values as Floats) : new Float32Array(values);
}
