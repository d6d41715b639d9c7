/** Ultimate SD Upscale's output: a copy of the input, in which every job is pasted through its mask once it is decoded. */

import { at } from '../../../src/base/assert.ts';
import { jobResult } from '../../../src/diffusion/refine/ultimate.ts';
import { pastePlanes } from '../../../src/diffusion/refine/planes.ts';
import { maskOver } from '../../../src/diffusion/tiles/ultimate-mask.ts';
import { pasted } from '../../../src/diffusion/tiles/ultimate-paste.ts';
import type { UltimatePlan } from '../../../src/diffusion/tiles/ultimate.ts';
import { area } from '../../../src/picture/geometry.ts';
import { mixed, withAlphaOf } from '../../../src/picture/mix.ts';
import type { PixelStore } from '../../../src/picture/pixel-store.ts';
import { blockFromPlanes } from '../../../src/picture/planes.ts';
import type { RefineWriterState as WriterState } from '../../../src/protocol/engine.ts';
import type { Written } from '../steps/pass-work.ts';
import { rectangleAt, rectangleCount } from '../steps/rectangles.ts';
import type { Pixels, RefineWriter } from './writers.ts';

/** Of the squares that the input is copied in. */
const side = 1024;

export class UltimateWriter implements RefineWriter {
  readonly #plan: UltimatePlan;
  readonly #input: PixelStore;
  readonly #output: PixelStore;
  /** The job that is being decoded. */
  #job: Float32Array<ArrayBuffer> | null;

  constructor(plan: UltimatePlan, input: PixelStore, output: PixelStore, state?: WriterState | null) {
    this.#plan = plan;
    this.#input = input;
    this.#output = output;
    this.#job = state?.tile ?? null;
  }

  async begin(): Promise<void> {
    const { depth } = this.#output;
    for (let index = 0; index < rectangleCount(this.#input, side); index++) {
      const rect = rectangleAt(this.#input, side, index);
      const block = await this.#input.read(rect);
      await this.#output.write(rect, depth === this.#input.depth ? block : mixed(block, block, 0, depth));
    }
  }

  async write({ canvas, rect, planes, last }: Pixels): Promise<Written | null> {
    const { picture, jobs } = this.#plan;
    const job = at(jobs, canvas);
    const whole = (this.#job ??= new Float32Array(3 * area(job.size)));
    pastePlanes(whole, job.size, rect, planes);
    if (!last) return null;
    this.#job = null;
    const result = blockFromPlanes(whole, null, job.size, this.#output.depth);
    const seen = jobResult(job, result, picture);
    const base = await this.#output.read(seen.rect);
    const block = pasted(base, withAlphaOf(seen.block, base), maskOver(job.mask, seen.rect, picture));
    await this.#output.write(seen.rect, block);
    return { rect: seen.rect, block };
  }

  state(): WriterState {
    return { ramp: [], tile: this.#job?.slice() ?? null };
  }
}
