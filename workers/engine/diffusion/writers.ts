/** Where decoded pixels go: into the output as they come, or laid over one another as SD Upscale does. Alpha is the input's. */

import { at } from '../../../src/base/assert.ts';
import type { Drawn } from '../../../src/diffusion/refine/refine.ts';
import { RampJoiner } from '../../../src/diffusion/tiles/ramp-joiner.ts';
import type { SdUpscalePlan } from '../../../src/diffusion/tiles/sd-upscale.ts';
import type { PixelStore } from '../../../src/picture/pixel-store.ts';
import { blockFromPlanes } from '../../../src/picture/planes.ts';
import { withAlphaOf } from '../../../src/picture/mix.ts';
import { cutPlanes } from '../../../src/tiles/cut.ts';
import { pastePlanes } from '../../../src/diffusion/refine/planes.ts';
import type { RefineWriterState as WriterState } from '../../../src/protocol/engine.ts';
import { intersect } from '../steps/rectangles.ts';
import type { Written } from '../steps/pass-work.ts';

export type Pixels = Extract<Drawn, { kind: 'pixels' }>;
export interface RefineWriter {
  /** Makes the output ready, before the first operation. */
  begin?(): Promise<void>;
  /** Writes what is finished with these pixels: that, or null. */
  write(pixels: Pixels): Promise<Written | null>;
  /** What it keeps for later tiles. */
  state(): WriterState | null;
}

/** Every pixel comes once, and is final. */
export class JointWriter implements RefineWriter {
  readonly #input: PixelStore;
  readonly #output: PixelStore;

  constructor(input: PixelStore, output: PixelStore) {
    this.#input = input;
    this.#output = output;
  }

  async write({ rect, planes }: Pixels): Promise<Written | null> {
    const { width, height, depth } = this.#output;
    const inside = intersect(rect, { x: 0, y: 0, width, height });
    if (!inside) return null;
    const part = { ...inside, x: inside.x - rect.x, y: inside.y - rect.y };
    const whole = inside.width === rect.width && inside.height === rect.height;
    const block = blockFromPlanes(whole ? planes : cutPlanes(planes, rect, part), null, inside, depth);
    const written = withAlphaOf(block, await this.#input.read(inside));
    await this.#output.write(inside, written);
    return { rect: inside, block: written };
  }

  state(): null {
    return null;
  }
}

/** Collects each tile, and lays it over those before it. */
export class RampWriter implements RefineWriter {
  readonly #plan: SdUpscalePlan;
  readonly #input: PixelStore;
  readonly #output: PixelStore;
  readonly #joiner: RampJoiner;
  /** The tile that is being decoded. */
  #tile: Float32Array<ArrayBuffer> | null;

  constructor(plan: SdUpscalePlan, input: PixelStore, output: PixelStore, state?: WriterState | null) {
    this.#plan = plan;
    this.#input = input;
    this.#output = output;
    this.#joiner = new RampJoiner(plan, output.depth, state?.ramp);
    this.#tile = state?.tile ?? null;
  }

  async write({ canvas, rect, planes, last }: Pixels): Promise<Written | null> {
    const tile = at(this.#plan.grid.tiles, canvas);
    const { x, y, width, height } = tile.rect;
    const whole = (this.#tile ??= new Float32Array(3 * width * height));
    pastePlanes(whole, tile.rect, { ...rect, x: rect.x - x, y: rect.y - y }, planes);
    if (!last) return null;
    this.#tile = null;
    const done = this.#joiner.add(tile, blockFromPlanes(whole, null, tile.rect, this.#output.depth));
    const written = withAlphaOf(done.block, await this.#input.read(done.rect));
    await this.#output.write(done.rect, written);
    return { rect: done.rect, block: written };
  }

  state(): WriterState {
    return { ramp: this.#joiner.pending(), tile: this.#tile?.slice() ?? null };
  }
}
