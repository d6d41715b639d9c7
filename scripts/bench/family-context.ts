/**
 * How much context the networks of a family need: a picture in tiles against the same picture untiled, by the context of the tiles.
 * `npm run bench -- family-context [NAME...]` takes networks of published depth with made-up weights, `FILE` a weights file.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { findWeights, openWeights } from '../../src/architectures/open-weights.ts';
import {
  buildGraph,
  networkRules,
  networkScale,
  networkTensors,
  type Recognised,
} from '../../src/architectures/registry.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import type { Rect } from '../../src/picture/geometry.ts';
import { maxDifference, meanDifference } from '../../src/picture/metrics.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import { Blender } from '../../src/tiles/blend.ts';
import { padPlanes } from '../../src/tiles/pad.ts';
import { planTiles } from '../../src/tiles/plan.ts';
import type { TileRules } from '../../src/tiles/rules.ts';
import { seamRatio } from '../../src/tiles/seam.ts';
import { cropPlanes, planesOf, rgbaOf } from '../models/planes.ts';
import { Network, type Planes } from '../models/run.ts';
import { seeded } from '../reference/seeded.ts';
import { must } from './must.ts';
import { publishedNetworks, type PublishedNetwork } from './published-networks.ts';

const contexts = [16, 32];
const size = { width: 320, height: 64 };

/** Published networks made narrower, and no less deep: of 180 features 60, with everything else that grows with these. */
function narrower({ family, structure }: PublishedNetwork): PublishedNetwork {
  const { features, hidden, narrowed, reduced } = structure;
  if (typeof features !== 'number' || features <= 64 || typeof hidden !== 'number')
    return { family, structure };
  const width = features === 240 ? 64 : 60;
  const shrink = (value: number): number => Math.max(4, Math.round((value * width) / features));
  return {
    family,
    structure: {
      ...structure,
      features: width,
      hidden: shrink(hidden),
      ...(typeof narrowed === 'number' && { narrowed: shrink(narrowed) }),
      ...(typeof reduced === 'number' && family === 'rgt' && { reduced: shrink(reduced) }),
      ...(structure['end'] === 64 && { end: 16 }),
    },
  };
}

/** The last layers of what blocks add to their inputs, by the names of all families; RealPLKSR's is a norm. */
const lastOfBranch =
  /(?:proj|fc2|refine|project_out|to_out\.0|cab\.2|layer\.\d+\.fn\.5|feats\.\d+\.norm)\.(?:weight|bias)$/;

/** Layers that keep the spread of what they are given; all blocks together add about as much as they were given. */
function madeUp({ family, structure }: PublishedNetwork): TensorTable {
  const writer = new TableWriter();
  const { depths, blocks = 1, groups = 1 } = structure;
  const count =
    typeof depths === 'object'
      ? depths.reduce((sum, depth) => sum + depth, 0)
      : Number(blocks) * Number(groups);
  for (const { name, shape } of networkTensors(family, structure)) {
    const [, ...inputs] = shape;
    const most = Math.sqrt(3 / inputs.reduce((product, side) => product * side, 1));
    const bias = name.endsWith('.bias') ? 0.1 : 0.5;
    const isMatrix = shape.length > 1 && /weight$/.test(name);
    const isNorm = shape.length === 1 && name.endsWith('.weight');
    const [low, high] = isNorm ? [0.8, 1.2] : isMatrix ? [-most, most] : [-bias, bias];
    const share = lastOfBranch.test(name) ? count ** -0.5 : 1;
    writer.add(name, 'f32', shape, seeded(name, shape, low * share, high * share));
  }
  return writer.finish();
}

interface Opened {
  readonly network: Recognised;
  readonly session: Network;
  readonly rules: TileRules;
}

async function open(name: string): Promise<Opened & { readonly real: boolean }> {
  const published: Readonly<Record<string, PublishedNetwork>> = publishedNetworks;
  const known = published[name];
  if (known) {
    const { family, structure } = narrower(known);
    const scale = networkScale(family, structure);
    if (scale === null) throw new Error(`${name} is no ${family} network`);
    return { ...(await opened({ family, structure, scale }, madeUp({ family, structure }))), real: false };
  }
  const found = must(await findWeights([{ name, blob: new Blob([readFileSync(name)]) }]));
  return { ...(await opened(found.network, must(await openWeights(found)))), real: true };
}

async function opened(network: Recognised, table: TensorTable): Promise<Opened> {
  const session = await Network.open(must(buildGraph(network, table, 'fp32')));
  return { network, session, rules: networkRules(network.family, network.structure) };
}

/** A rectangle of the picture by the network, filled up as the engine does. */
async function run({ session, rules, network }: Opened, picture: Planes, rect: Rect): Promise<Planes> {
  const part = cropPlanes(picture, rect);
  const { planes, size: whole } = padPlanes(new Float32Array(part.data), part, rules);
  const output = await session.run({ ...whole, data: planes });
  const { scale } = network;
  return cropPlanes(output, { x: 0, y: 0, width: rect.width * scale, height: rect.height * scale });
}

async function tiled(opened: Opened, picture: Planes, rules: TileRules): Promise<Planes> {
  const { scale } = opened.network;
  const plan = planTiles(picture, { width: 1, height: picture.height }, rules);
  const blender = new Blender(plan, scale, 3);
  const [width, height] = [picture.width * scale, picture.height * scale];
  const data = new Float32Array(3 * width * height);
  for (const tile of plan.tiles) {
    const { rect, planes } = blender.add(tile, (await run(opened, picture, tile.read)).data);
    for (let row = 0; row < 3 * rect.height; row++) {
      const channel = Math.floor(row / rect.height);
      const start = (channel * height + rect.y + (row % rect.height)) * width + rect.x;
      data.set(planes.subarray(row * rect.width, (row + 1) * rect.width), start);
    }
  }
  return { width, height, data };
}

/** 8-bit pixels; what made-up weights give is first stretched to a picture's mean and spread, all by the same numbers. */
function stretcher(untiled: Planes, real: boolean): (planes: Planes) => PixelBlock {
  const { data } = untiled;
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const spread = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  const [factor, offset] = real ? [1, 0] : [0.2 / spread, 0.5 - (0.2 * mean) / spread];
  return (planes) => ({
    width: planes.width,
    height: planes.height,
    data: rgbaOf({ ...planes, data: planes.data.map((value) => value * factor + offset) }),
  });
}

async function measure(name: string): Promise<void> {
  const network = await open(name);
  const { real, rules } = network;
  const photo = planesOf(
    decode(readFileSync(join(import.meta.dirname, '../../playwright/pictures/coffee.png'))),
  );
  const picture = cropPlanes(photo, { x: 150, y: 150, ...size });
  const untiled = await run(network, picture, { x: 0, y: 0, ...size });
  const pixels = stretcher(untiled, real);
  const expected = pixels(untiled);
  let last = 0;
  for (const context of contexts) {
    const tried = { ...rules, context };
    const plan = planTiles(picture, { width: 1, height: picture.height }, tried);
    // With windows several contexts come to the same tiles.
    if (plan.tiles.length < 2 || plan.tile.width === last) continue;
    last = plan.tile.width;
    const found = pixels(await tiled(network, picture, tried));
    console.log(
      `${name.split('/').at(-1) ?? ''}, context ${context}${context === rules.context ? ' (its own)' : ''}: most ${maxDifference(found, expected)}, ` +
        `mean ${meanDifference(found, expected).toFixed(3)}, seam ${seamRatio(found, expected, plan, network.network.scale).toFixed(3)} (${plan.columns} tiles of ${plan.tile.width} x ${plan.tile.height})`,
    );
  }
  await network.session.release();
}

const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : Object.keys(publishedNetworks)) await measure(name);
