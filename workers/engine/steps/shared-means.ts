/**
 * The means over the whole picture that some networks compute within, put together from the tiles: without them every
 * tile would have its own, and seams would show. All tiles run once for each mean, in order, before they run for pixels.
 */

import { at } from '../../../src/base/assert.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import type { ModelCard } from '../../../src/models/card.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import { intersectParts, ownedParts, type OwnedPart } from '../../../src/tiles/owned.ts';
import { cutPlanes } from '../../../src/tiles/cut.ts';
import { filledSize } from '../../../src/tiles/pad.ts';
import { planTiles, type TilePlan } from '../../../src/tiles/plan.ts';
import type { PooledSession } from '../pooled-session.ts';
import type { NetworkTile } from './network-tile.ts';

type Planes = Float32Array<ArrayBuffer>;

/** What runs through the network: a picture's colours, and its alpha as grey. Each has means of its own. */
export type Through = 'colour' | 'alpha';

export class SharedMeans {
  readonly #pooled: Pick<PooledSession, 'points' | 'mean'>;
  readonly #rules: ModelCard['tiles'];
  readonly #plan: TilePlan;
  readonly #network: Pick<NetworkTile, 'limit' | 'shrink'>;
  readonly #through: readonly Through[];
  readonly #parts: readonly (readonly OwnedPart[])[];
  /** For each of `through` its means in order; sums of what was gathered so far. */
  readonly #sums: readonly Planes[];

  constructor(
    pooled: Pick<PooledSession, 'points' | 'mean'>,
    rules: ModelCard['tiles'],
    plan: TilePlan,
    network: Pick<NetworkTile, 'limit' | 'shrink'>,
    through: readonly Through[],
    /** From `state`, to go on with. */
    gathered?: readonly Planes[],
  ) {
    this.#pooled = pooled;
    this.#rules = rules;
    this.#plan = plan;
    this.#network = network;
    this.#through = through;
    const filled = filledSize(plan.size, rules);
    this.#parts = pooled.points.map((point) => ownedParts(plan, filled, rules.multiple, point));
    this.#sums =
      gathered && gathered.length > 0
        ? gathered
        : through.flatMap(() => pooled.points.map(({ channels }) => new Float32Array(channels)));
  }

  /** Runs of a tile that are needed: step after step, each over all tiles. */
  get steps(): number {
    return this.#through.length * this.#pooled.points.length * this.#plan.tiles.length;
  }

  /** What a step wants: which tile, and its colours or its alpha. */
  step(index: number): { readonly tile: number; readonly through: Through } {
    const tiles = this.#plan.tiles.length;
    const through = at(this.#through, Math.floor(index / tiles / this.#pooled.points.length));
    return { tile: index % tiles, through };
  }

  /** Adds a step's share. `planes` are those of its tile's read rectangle. */
  async gather(index: number, planes: Planes): Promise<Result<null>> {
    const { tile, through } = this.step(index);
    const { points } = this.#pooled;
    const point = Math.floor(index / this.#plan.tiles.length) % points.length;
    const first = this.#through.indexOf(through) * points.length;
    const known = this.#sums.slice(first, first + point);
    const part = at(at(this.#parts, point), tile);
    const { read } = at(this.#plan.tiles, tile);
    const mean = await this.#mean(planes, read, known, part);
    if (!mean.ok) return mean;
    const sum = at(this.#sums, first + point);
    for (const [channel, value] of mean.value.entries())
      sum[channel] = (sum[channel] as number) + value * part.share;
    return ok(null);
  }

  /** All means of the colours, or of the alpha, once every step was gathered. */
  of(through: Through): readonly Planes[] {
    const { length } = this.#pooled.points;
    const first = this.#through.indexOf(through) * length;
    return this.#sums.slice(first, first + length);
  }

  state(): readonly Planes[] {
    return this.#sums;
  }

  async #mean(
    planes: Planes,
    size: Size,
    known: readonly Planes[],
    part: Pick<OwnedPart, 'from' | 'to'>,
  ): Promise<Result<Planes>> {
    const { limit } = this.#network;
    if (limit && (size.width > limit.width || size.height > limit.height))
      return this.#split(planes, size, known, part, limit);
    const mean = await this.#pooled.mean(planes, size, known, part);
    if (mean.ok || mean.error.code !== 'out-of-memory') return mean;
    const smaller = this.#network.shrink(size);
    if (!smaller || mean.error.detail?.['fatal'] === true) return mean;
    return this.#split(planes, size, known, part, smaller);
  }

  /** A tile that is too much for the memory, from smaller ones: each place by the one that sees it in full. */
  async #split(
    planes: Planes,
    size: Size,
    known: readonly Planes[],
    part: Pick<OwnedPart, 'from' | 'to'>,
    limit: Size,
  ): Promise<Result<Planes>> {
    const point = at(this.#pooled.points, known.length);
    const plan = planTiles(size, limit, this.#rules);
    const pieces = ownedParts(plan, filledSize(size, this.#rules), this.#rules.multiple, point);
    const sum = new Float32Array(point.channels);
    let places = 0;
    for (const { read, index } of plan.tiles) {
      const offset = [read.y * point.rate, read.x * point.rate] as const;
      const piece = intersectParts(at(pieces, index), part, offset);
      if (!piece) continue;
      const mean = await this.#mean(cutPlanes(planes, size, read), read, known, piece);
      if (!mean.ok) return mean;
      const count = (piece.to[0] - piece.from[0]) * (piece.to[1] - piece.from[1]);
      places += count;
      for (const [channel, value] of mean.value.entries())
        sum[channel] = (sum[channel] as number) + value * count;
    }
    return ok(sum.map((value) => value / places));
  }
}
