/**
 * Runs a network on one tile whatever its size: when memory runs out the tile is cut into smaller ones,
 * which are joined like any others, and the job goes on from the tile that failed.
 */

import { failure, ok, type Result } from '../../../src/base/result.ts';
import type { Failure } from '../../../src/base/errors.ts';
import type { Rect, Size } from '../../../src/picture/geometry.ts';
import { Blender } from '../../../src/tiles/blend.ts';
import { cutPlanes } from '../../../src/tiles/cut.ts';
import { halve } from '../../../src/tiles/fit.ts';
import { planTiles } from '../../../src/tiles/plan.ts';
import type { ModelSession } from '../model-session.ts';

type Planes = Float32Array<ArrayBuffer>;

export class NetworkTile {
  readonly #session: Pick<ModelSession, 'run' | 'card'>;
  readonly #notice: (notice: Failure) => void;
  #limit: Size | null;
  #pixels = 0;
  #seconds = 0;

  constructor(
    session: Pick<ModelSession, 'run' | 'card'>,
    limit: Size | null,
    notice: (notice: Failure) => void,
  ) {
    this.#session = session;
    this.#limit = limit;
    this.#notice = notice;
  }

  /** The size that a tile was cut down to; null while memory has sufficed. */
  get limit(): Size | null {
    return this.#limit;
  }

  /** Input pixels run, and the seconds that the network alone took, since the last call. */
  takeTimes(): { pixels: number; seconds: number } {
    const times = { pixels: this.#pixels, seconds: this.#seconds };
    this.#pixels = 0;
    this.#seconds = 0;
    return times;
  }

  /** RGB planes in, enlarged RGB planes out, for the whole of `size`. */
  async run(planes: Planes, size: Size): Promise<Result<Planes>> {
    // A tile that was turned may not fit a network of one fixed shape.
    const limit = this.#limit ?? this.#session.card.tiles.fixed;
    if (limit && (size.width > limit.width || size.height > limit.height)) {
      return this.#split(planes, size, limit);
    }
    const start = performance.now();
    const result = await this.#session.run(planes, size);
    if (result.ok) {
      this.#pixels += size.width * size.height;
      this.#seconds += (performance.now() - start) / 1000;
    }
    if (result.ok || result.error.code !== 'out-of-memory') return result;
    const half = this.shrink(size);
    if (!half || result.error.detail?.['fatal'] === true) return result;
    return this.#split(planes, size, half);
  }

  /** Takes note, and tells, that a tile of `size` was too much: what to run instead, or null where nothing smaller can be. */
  shrink(size: Size): Size | null {
    const half = halve(size, this.#session.card.tiles);
    if (!half) return null;
    this.#limit = half;
    this.#notice(
      failure(
        'out-of-memory',
        `A tile of ${size.width} × ${size.height} pixels was too much for this device's memory. Going on with ${half.width} × ${half.height}.`,
        { width: half.width, height: half.height },
      ),
    );
    return half;
  }

  async #split(planes: Planes, size: Size, limit: Size): Promise<Result<Planes>> {
    const { scale, tiles: rules } = this.#session.card;
    const plan = planTiles(size, limit, rules);
    const blender = new Blender(plan, scale, 3);
    const whole = new Float32Array(planes.length * scale * scale);
    const wholeSize = { width: size.width * scale, height: size.height * scale };
    for (const tile of plan.tiles) {
      const result = await this.run(cutPlanes(planes, size, tile.read), tile.read);
      if (!result.ok) return result;
      const done = blender.add(tile, result.value);
      paste(done.planes, done.rect, whole, wholeSize);
    }
    return ok(whole);
  }
}

function paste(part: Planes, rect: Rect, planes: Planes, size: Size): void {
  let from = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let row = 0; row < rect.height; row++) {
      const to = (channel * size.height + rect.y + row) * size.width + rect.x;
      planes.set(part.subarray(from, from + rect.width), to);
      from += rect.width;
    }
  }
}
