/** Parts that exceed half precision go on in full: the VAE in pieces that can be bound, large parts over weights in 8 bits. */

import { expect, it } from 'vitest';
import { at } from '../../src/base/assert.ts';
import type { Failure } from '../../src/base/errors.ts';
import { ok } from '../../src/base/result.ts';
import { rectOf, type Size } from '../../src/picture/geometry.ts';
import { withDefaults, type RefineStep } from '../../src/recipes/refine.ts';
import { loadDiffusion } from '../../workers/engine/diffusion/load.ts';
import { PartNetworks } from '../../workers/engine/diffusion/networks.ts';
import { prepareRefine } from '../../workers/engine/diffusion/open.ts';
import type { OpenPart } from '../../workers/engine/diffusion/part-session.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { emptyStore, merges, nodeOpener, runPass, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

/** One tile of the VAE in half precision, two in full. */
const size = { width: 448, height: 64 };
const step: RefineStep = { kind: 'refine', steps: 1, guidance: 1, strength: 0.1, colour: 'none' };
const files = tinyDiffusion('epsilon', 'f16');
const picture = storeOf(size, (x, y, channel) => 0.5 + 0.4 * Math.sin(0.1 * x + channel) * Math.cos(0.1 * y));

interface Opened {
  readonly name: string;
  /** Of the first input. */
  readonly shape: readonly number[];
  readonly operators: ReadonlySet<string>;
}

/** Runs parts in Node, whose CPU never exceeds half precision: the first session of those that are named gives infinities in its place. */
function exceeding(names: readonly string[]): {
  readonly open: OpenPart;
  readonly opened: readonly Opened[];
} {
  const node = nodeOpener();
  const opened: Opened[] = [];
  const open: OpenPart = async (graph, weights) => {
    if ('ready' in graph) throw new Error('It is no graph of ours.');
    const first = !opened.some(({ name }) => name === graph.name);
    const operators = new Set(graph.nodes.map(({ op }) => op));
    opened.push({ name: graph.name, shape: (graph.inputs[0]?.shape ?? []).map(Number), operators });
    const session = await node.open(graph, weights);
    if (!session.ok || !first || !names.includes(graph.name)) return session;
    const infinite = (values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => values.fill(Infinity);
    return ok({
      run: async (inputs) => {
        const given = await session.value.run(inputs);
        if (!given.ok) return given;
        return ok(
          Object.fromEntries(Object.entries(given.value).map(([name, values]) => [name, infinite(values)])),
        );
      },
      release: () => session.value.release(),
    });
  };
  return { open, opened };
}

/** The sizes of pictures that a half of the VAE is given at once, in places. */
function sidesOf(opened: readonly Opened[], name: string, scale: number): Size[] {
  return opened
    .filter((one) => one.name === name)
    .map(({ shape }) => ({ width: at(shape, 3) / scale, height: at(shape, 2) / scale }));
}

async function drawn(how: Parameters<typeof prepareRefine>[3], open: OpenPart, notices: Failure[] = []) {
  const notice = (said: Failure): unknown => notices.push(said);
  const made = await prepareRefine(withDefaults(step), { files, merges }, size, how, open, notice);
  if (!made.ok) throw new Error(made.error.message);
  const output = emptyStore(size);
  const work = refinePass({ input: await picture, output, notice }, made.value);
  await runPass(work);
  await work.release?.();
  return { vaeTile: work.state().refine?.vaeTile, data: (await output.read(rectOf(size))).data };
}

it("the VAE's halves see no more than can be bound, and draw what full precision draws", async () => {
  const { open, opened } = exceeding(['vae-encoder', 'vae-decoder']);
  const notices: Failure[] = [];
  const exceeded = await drawn({ precision: 'fp16', flash: false, fullTile: 44 }, open, notices);
  expect(notices.map(({ code, detail }) => [code, detail?.['part']])).toEqual([
    ['fp16-untrusted', 'encoder'],
    ['fp16-untrusted', 'decoder'],
  ]);
  for (const [name, scale] of [
    ['vae-encoder', 8],
    ['vae-decoder', 1],
  ] as const) {
    const [whole, ...pieces] = sidesOf(opened, name, scale);
    expect(whole).toEqual({ width: 56, height: 8 });
    expect(pieces.length).toBeGreaterThan(0);
    for (const { width } of pieces) expect(width).toBeLessThanOrEqual(44);
  }
  // A checkpoint goes on with the tiles that it began with.
  expect(exceeded.vaeTile).toBe(64);
  const full = await drawn({ precision: 'fp32', flash: false, vaeTile: 44 }, nodeOpener().open);
  expect(full.vaeTile).toBe(44);
  const most = Math.max(...Array.from(full.data, (value, i) => Math.abs(value - at(exceeded.data, i))));
  expect(most).toBeLessThanOrEqual(1);
});

it('work that began on another device is cut in full precision too, and left whole where nothing is bound', async () => {
  for (const [fullTile, largest] of [
    [44, 44],
    [null, 56],
  ] as const) {
    const { open, opened } = exceeding([]);
    await drawn({ precision: 'fp32', flash: false, vaeTile: 64, fullTile }, open);
    const widths = sidesOf(opened, 'vae-decoder', 1).map(({ width }) => width);
    expect(Math.max(...widths)).toBeLessThanOrEqual(largest);
    expect(Math.max(...widths)).toBeGreaterThan(largest === 56 ? 44 : 0);
  }
});

it.each([
  ['a large UNet over weights in 8 bits', 1_000_000, true],
  ['a small one over its own', undefined, false],
])('%s', async (_, widened, few) => {
  const options = { precision: 'fp16', flash: false, tags: [], ...(widened && { widened }) } as const;
  const loaded = await loadDiffusion(files, withDefaults(step), options);
  if (!loaded.ok) throw new Error(loaded.error.message);
  const call = {
    sample: Float32Array.from({ length: 4 * 64 }, (_, i) => Math.sin(i)),
    size: { width: 8, height: 8 },
    timestep: 500,
    context: Float32Array.from({ length: 77 * 64 }, (_, i) => Math.cos(i)),
    guidance: 1,
    control: null,
  };
  const predicted = async (names: readonly string[], notices: Failure[]) => {
    const { open, opened } = exceeding(names);
    const networks = new PartNetworks(loaded.value.model, open, {
      precision: 'fp16',
      keepAll: false,
      fullTile: 44,
      room: null,
      notice: (said) => notices.push(said),
    });
    const noise = await networks.predict([call]);
    await networks.release();
    if (!noise.ok) throw new Error(noise.error.message);
    return { noise: at(noise.value, 0), opened };
  };
  const notices: Failure[] = [];
  const { noise, opened } = await predicted(['unet'], notices);
  expect(opened.map(({ operators }) => operators.has('MatMulNBits'))).toEqual([false, few]);
  expect(notices).toHaveLength(1);
  expect(notices[0]?.message.includes('8 bits')).toBe(few);
  const { noise: expected } = await predicted([], []);
  const norm = (values: readonly number[]): number => Math.hypot(...values);
  const off = norm(Array.from(noise, (value, i) => value - at(expected, i))) / norm([...expected]);
  expect(off).toBeLessThan(few ? 0.05 : 0.005);
});
