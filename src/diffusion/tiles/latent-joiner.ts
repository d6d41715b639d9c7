/** Joins what the tiles of a grid predict into one map, in any order, in fp32: only the map itself is held. */

import { at, invariant } from '../../base/assert.ts';
import { area } from '../../picture/geometry.ts';
import type { EvenGrid, GridTile } from './grid.ts';
import { weightLines } from './weights.ts';

/** A map with some of its tiles in it, by index. */
export interface PartlyJoined {
  readonly map: Float32Array<ArrayBuffer>;
  readonly added: readonly number[];
}

/** One map of a grid: tiles come in by `add`, each once, and the whole goes out by `take`. Weights are those of Mixture of Diffusers. */
export class LatentJoiner {
  readonly #grid: EvenGrid;
  readonly #channels: number;
  readonly #across: readonly Float32Array[];
  readonly #down: readonly Float32Array[];
  readonly #added: Set<number>;
  #map: Float32Array<ArrayBuffer>;

  /** `joined` goes on with what was joined before (it is taken over). */
  constructor(grid: EvenGrid, channels = 4, joined?: PartlyJoined) {
    this.#grid = grid;
    this.#added = new Set(joined?.added);
    this.#channels = channels;
    this.#across = weightLines(grid.columns, grid.tile.width);
    this.#down = weightLines(grid.rows, grid.tile.height);
    this.#map = joined?.map ?? this.#empty();
  }

  /** Adds a tile's prediction, `channels` planes of the tile's shape; each tile once. */
  add({ index, column, row, rect }: GridTile, prediction: Float32Array): void {
    const { width, height } = rect;
    const { size } = this.#grid;
    const across = at(this.#across, column);
    const down = at(this.#down, row);
    invariant(
      prediction.length === this.#channels * width * height,
      `${prediction.length} values for ${this.#channels} planes of ${width} x ${height}`,
    );
    invariant(!this.#added.has(index), `Tile ${index} was added before.`);
    this.#added.add(index);
    const map = this.#map;
    let from = 0;
    for (let channel = 0; channel < this.#channels; channel++) {
      for (let y = 0; y < height; y++) {
        const weight = down[y] as number;
        let to = (channel * size.height + rect.y + y) * size.width + rect.x;
        for (let x = 0; x < width; x++, from++, to++) {
          map[to] = (map[to] as number) + (across[x] as number) * weight * (prediction[from] as number);
        }
      }
    }
  }

  /** The joined map (channel, row, column), once every tile is in it; the joiner then begins anew. */
  take(): Float32Array<ArrayBuffer> {
    invariant(
      this.#added.size === this.#grid.tiles.length,
      `${this.#added.size} of ${this.#grid.tiles.length} tiles were added.`,
    );
    const map = this.#map;
    this.#map = this.#empty();
    this.#added.clear();
    return map;
  }

  /** A copy of what is joined so far, for a checkpoint. */
  partly(): PartlyJoined {
    return { map: this.#map.slice(), added: [...this.#added] };
  }

  #empty(): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#channels * area(this.#grid.size));
  }
}
