/** Where pixels of an enlarged picture go: into the output as they come, with the input's alpha enlarged. */

import type { PixelStore } from '../../../src/picture/pixel-store.ts';
import { rectOf } from '../../../src/picture/geometry.ts';
import { blockFromPlanes } from '../../../src/picture/planes.ts';
import { withAlphaOf } from '../../../src/picture/mix.ts';
import { Resampler } from '../../../src/picture/resample.ts';
import { cutPlanes } from '../../../src/tiles/cut.ts';
import { intersect } from '../steps/rectangles.ts';
import type { Written } from '../steps/pass-work.ts';
import type { Pixels, RefineWriter } from './writers.ts';

export class EnlargedWriter implements RefineWriter {
  readonly #input: PixelStore;
  readonly #output: PixelStore;
  readonly #resampler: Resampler;

  constructor(input: PixelStore, output: PixelStore) {
    this.#input = input;
    this.#output = output;
    this.#resampler = new Resampler('lanczos3', input, rectOf(input), output);
  }

  async write({ rect, planes }: Pixels): Promise<Written | null> {
    const inside = intersect(rect, rectOf(this.#output));
    if (!inside) return null;
    const part = { ...inside, x: inside.x - rect.x, y: inside.y - rect.y };
    const colours = blockFromPlanes(cutPlanes(planes, rect, part), null, inside, this.#output.depth);
    const source = this.#resampler.sourceRect(inside);
    const alphas = this.#resampler.run(await this.#input.read(source), source, inside);
    const block = withAlphaOf(colours, alphas);
    await this.#output.write(inside, block);
    return { rect: inside, block };
  }

  state(): null {
    return null;
  }
}
