/**
 * A network with means over the whole picture, in stages: each stage's graph takes the means that are known and gives the
 * next one over a part of a tile, and the last gives pixels from all of them. One stage is open at a time.
 */

import type { InferenceSession } from 'onnxruntime-web';
import type { PoolingPoint } from '../../src/architectures/architecture.ts';
import { invariant } from '../../src/base/assert.ts';
import type { Result } from '../../src/base/result.ts';
import type { ModelCard } from '../../src/models/card.ts';
import { area, type Size } from '../../src/picture/geometry.ts';
import type { OwnedPart } from '../../src/tiles/owned.ts';
import { cropPlanes, padPlanes } from '../../src/tiles/pad.ts';
import type { OrtGate } from './ort-gate.ts';
import type { Runtime } from './runtime.ts';

type Planes = Float32Array<ArrayBuffer>;

/** Opens the graph that is given so many means (`buildGraph`). */
export type OpenStage = (known: number) => Promise<Result<InferenceSession>>;

export class PooledSession {
  readonly points: readonly PoolingPoint[];
  readonly #runtime: Runtime;
  readonly #gate: OrtGate;
  readonly #card: ModelCard;
  readonly #openStage: OpenStage;
  #open: { readonly known: number; readonly session: InferenceSession } | null = null;

  constructor(
    runtime: Runtime,
    gate: OrtGate,
    card: ModelCard,
    points: readonly PoolingPoint[],
    openStage: OpenStage,
  ) {
    this.#runtime = runtime;
    this.#gate = gate;
    this.#card = card;
    this.points = points;
    this.#openStage = openStage;
  }

  /**
   * The mean after those that are `known`, of one tile's part: a value a channel. `planes` are RGB as for a run.
   * Failures: `out-of-memory`, `gpu-lost`.
   */
  mean(
    planes: Planes,
    size: Size,
    known: readonly Planes[],
    { from, to }: Pick<OwnedPart, 'from' | 'to'>,
  ): Promise<Result<Planes>> {
    const point = this.points[known.length];
    invariant(point, `${known.length} means are all there are`);
    const padded = padPlanes(planes, size, this.#card.tiles);
    return this.#run(padded.planes, padded.size, known, point.channels, { from, to });
  }

  /** Pixels, from all means: like `ModelSession.run`. */
  async run(planes: Planes, size: Size, means: readonly Planes[]): Promise<Result<Planes>> {
    const { scale, tiles } = this.#card;
    const padded = padPlanes(planes, size, tiles);
    const large = times(padded.size, scale);
    const result = await this.#run(padded.planes, padded.size, means, 3 * area(large), {});
    return result.ok ? { ...result, value: cropPlanes(result.value, large, times(size, scale)) } : result;
  }

  async release(): Promise<void> {
    const { session } = this.#open ?? {};
    this.#open = null;
    if (session) await this.#gate.pass(() => session.release());
  }

  async #run(
    planes: Planes,
    size: Size,
    known: readonly Planes[],
    expected: number,
    part: Readonly<Record<string, readonly number[]>>,
  ): Promise<Result<Planes>> {
    const stage = await this.#stage(known.length);
    if (!stage.ok) return stage;
    return this.#gate.pass(async () => {
      const { Tensor } = this.#runtime.ort;
      const feeds: Record<string, InstanceType<typeof Tensor>> = {
        input: new Tensor('float32', planes, [1, 3, size.height, size.width]),
      };
      for (const [index, mean] of known.entries())
        feeds[`mean_${index}`] = new Tensor('float32', mean, [1, mean.length, 1, 1]);
      for (const [name, places] of Object.entries(part))
        feeds[name] = new Tensor('int64', BigInt64Array.from(places, BigInt), [places.length]);
      const { output } = await stage.value.run(feeds);
      const data = output?.data;
      if (!(data instanceof Float32Array) || data.length !== expected)
        throw new Error(`A stage returned ${data?.length ?? 0} values instead of ${expected}.`);
      return data as Planes;
    });
  }

  async #stage(known: number): Promise<Result<InferenceSession>> {
    if (this.#open?.known === known) return { ok: true, value: this.#open.session };
    await this.release();
    const session = await this.#openStage(known);
    if (session.ok) this.#open = { known, session: session.value };
    return session;
  }
}

function times({ width, height }: Size, factor: number): Size {
  return { width: width * factor, height: height * factor };
}
