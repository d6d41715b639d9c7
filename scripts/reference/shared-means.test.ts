/** A network that pools over the whole picture, in tiles that share its means: no seam, and the untiled picture. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  buildGraph,
  networkPools,
  networkRules,
  recognise,
  type Recognised,
} from '../../src/architectures/registry.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import type { Rect } from '../../src/picture/geometry.ts';
import { Blender } from '../../src/tiles/blend.ts';
import { ownedParts } from '../../src/tiles/owned.ts';
import { cropPlanes as cropResult, padPlanes } from '../../src/tiles/pad.ts';
import { planTiles, type TilePlan } from '../../src/tiles/plan.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import { floatValues } from '../models/convert.ts';
import { cropPlanes, planesOf } from '../models/planes.ts';
import type { Planes } from '../models/run.ts';
import { fixtureTable } from './fixture.ts';

/** A picture of 91 x 75: the crop beside its mirror and below itself, darker on one side, so that tiles differ much. */
function picture(): Planes {
  const crop = planesOf(decode(readFileSync(join(import.meta.dirname, 'picture.png'))));
  const [width, height] = [91, 75];
  const data = new Float32Array(3 * width * height);
  for (let index = 0; index < data.length; index++) {
    const [x, line] = [index % width, Math.floor(index / width)];
    const [y, channel] = [line % height, Math.floor(line / height)];
    const from = (channel * crop.height + (y % crop.height)) * crop.width + (x % crop.width);
    data[index] = (crop.data[from] as number) * (x < 60 ? 0.2 : 1) * (y < 40 ? 0.5 : 1);
  }
  return { width, height, data };
}

class Tiled {
  readonly #sessions: readonly InferenceSession[];
  readonly #network: Recognised;
  readonly #picture: Planes;
  readonly #plan: TilePlan;

  constructor(sessions: readonly InferenceSession[], network: Recognised, whole: Planes, plan: TilePlan) {
    this.#sessions = sessions;
    this.#network = network;
    this.#picture = whole;
    this.#plan = plan;
  }

  static async open(network: Recognised, table: TensorTable, whole: Planes, side: number): Promise<Tiled> {
    const { family, structure } = network;
    const data = new Uint8Array(await table.blob.arrayBuffer());
    const stages = [...networkPools(family, structure).keys(), networkPools(family, structure).length];
    const sessions = await Promise.all(
      [...stages, undefined].map(async (known) => {
        const graph = buildGraph(network, table, 'fp32', known);
        if (!graph.ok) throw new Error(graph.error.message);
        const externalData = graph.value.external.map(({ path }) => ({ path, data }));
        return InferenceSession.create(graph.value.model, { externalData, logSeverityLevel: 3 });
      }),
    );
    const plan = planTiles(whole, { width: side, height: side }, networkRules(family, structure));
    return new Tiled(sessions, network, whole, plan);
  }

  get count(): number {
    return this.#plan.tiles.length;
  }

  async #run(stage: number, rect: Rect, more: Record<string, Tensor>): Promise<Float32Array<ArrayBuffer>> {
    const { family, structure, scale } = this.#network;
    const part = cropPlanes(this.#picture, rect);
    const { planes, size } = padPlanes(Float32Array.from(part.data), rect, networkRules(family, structure));
    const input = new Tensor('float32', planes, [1, 3, size.height, size.width]);
    const output = (await this.#sessions.at(stage)?.run({ input, ...more }))?.['output']?.data;
    if (!(output instanceof Float32Array)) throw new Error('No output');
    const values = Float32Array.from(output);
    if (values.length !== planes.length * scale * scale) return values;
    const grown = (side: { width: number; height: number }): { width: number; height: number } => ({
      width: side.width * scale,
      height: side.height * scale,
    });
    return cropResult(values, grown(size), grown(rect));
  }

  /** Every mean over the whole picture, each from all tiles, in order. */
  async means(): Promise<Tensor[]> {
    const { family, structure } = this.#network;
    const rules = networkRules(family, structure);
    const filled = padPlanes(Float32Array.from(this.#picture.data), this.#picture, rules).size;
    const known: Tensor[] = [];
    for (const [stage, point] of networkPools(family, structure).entries()) {
      const sum = new Float32Array(point.channels);
      const parts = ownedParts(this.#plan, filled, rules.multiple, point);
      for (const [index, { read }] of this.#plan.tiles.entries()) {
        const part = parts[index];
        if (!part) throw new Error('A tile without a part');
        const mean = await this.#run(stage, read, {
          ...given(known),
          from: new Tensor('int64', BigInt64Array.from(part.from, BigInt), [2]),
          to: new Tensor('int64', BigInt64Array.from(part.to, BigInt), [2]),
        });
        expect(mean.length).toBe(point.channels);
        for (const [channel, value] of mean.entries())
          sum[channel] = (sum[channel] ?? 0) + value * part.share;
      }
      known.push(new Tensor('float32', sum, [1, point.channels, 1, 1]));
    }
    return known;
  }

  async tiles(means: readonly Tensor[]): Promise<Float32Array> {
    const { scale } = this.#network;
    const blender = new Blender(this.#plan, scale, 3);
    const [width, height] = [this.#picture.width * scale, this.#picture.height * scale];
    const result = new Float32Array(3 * width * height);
    for (const tile of this.#plan.tiles) {
      const values = await this.#run(means.length > 0 ? -2 : -1, tile.read, given(means));
      const { rect, planes } = blender.add(tile, values);
      for (let line = 0; line < 3 * rect.height; line++) {
        const [channel, y] = [Math.floor(line / rect.height), line % rect.height];
        const row = planes.subarray(line * rect.width, (line + 1) * rect.width);
        result.set(row, (channel * height + rect.y + y) * width + rect.x);
      }
    }
    return result;
  }

  untiled(): Promise<Float32Array> {
    return this.#run(-1, { x: 0, y: 0, width: this.#picture.width, height: this.#picture.height }, {});
  }

  async release(): Promise<void> {
    for (const session of this.#sessions) await session.release();
  }
}

/** The same network with means that matter: seeded weights hardly move what they feed. */
async function excitable(table: TensorTable): Promise<TensorTable> {
  const writer = new TableWriter();
  for (const [name, { shape }] of table.tensors) {
    const values = await floatValues(table, name);
    const factor = /seblock.*weight$/.test(name) ? 64 : name === 'unet2.conv_bottom.weight' ? 16 : 1;
    writer.add(
      name,
      'f32',
      shape,
      values.map((value) => value * factor),
    );
  }
  return writer.finish();
}

function given(means: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(means.map((mean, index) => [`mean_${index}`, mean]));
}

function farthest(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] as number))), 0);
}

// A side of 1 asks for the smallest tiles that the rules allow.
describe.each(['cunet-2x', 'cunet-3x-pro'])('%s in tiles', (fixture) => {
  it('is the untiled picture when the tiles share their means, and not when they do not', async () => {
    const table = await excitable(await fixtureTable(fixture));
    const network = recognise(table);
    if (!network.ok) throw new Error(network.error.message);
    const tiled = await Tiled.open(network.value, table, picture(), 1);
    expect(tiled.count).toBeGreaterThan(1);
    const expected = await tiled.untiled();
    const shared = farthest(await tiled.tiles(await tiled.means()), expected);
    const alone = farthest(await tiled.tiles([]), expected);
    await tiled.release();
    expect(shared).toBeLessThanOrEqual(0.01 / 255);
    expect(alone).toBeGreaterThan(0.1 / 255);
  });
});
