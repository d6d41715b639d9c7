/** The graphs of UNets and ControlNets, with tiny seeded weights, against diffusers' UNet2DConditionModel and ControlNetModel. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Structure } from '../../src/architectures/architecture.ts';
import { isSizes } from '../../src/architectures/common.ts';
import { controlnet } from '../../src/architectures/diffusion/controlnet.ts';
import { buildPart, type Part, type PartForm } from '../../src/architectures/diffusion/part.ts';
import { unet, unetWith } from '../../src/architectures/diffusion/unet.ts';
import { usualHeads } from '../../src/architectures/diffusion/unet-structure.ts';
import type { Precision } from '../../src/architectures/graph-builder.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { hasGpu, relativeError, runModel } from './diffusion-run.ts';
import { seeded } from './seeded.ts';

const down = {
  channels: 4,
  widths: [32, 64, 96, 96],
  layers: [2, 2, 2, 2],
  depths: [1, 1, 1, 0],
  heads: [8, 8, 8, 8],
  middleLayers: 2,
  middleDepth: 1,
  context: 24,
  embedding: 128,
  condition: 0,
  linear: 0,
};
const up = { outputs: 4, upLayers: [3, 3, 3, 3], upDepths: [0, 1, 1, 1] };
const sd1 = { ...down, ...up };
const second = { widths: [32, 64, 128, 128], heads: [2, 4, 8, 8], context: 40, linear: 1 };
const small = { ...sd1, layers: [1, 1, 1, 1], upLayers: [2, 2, 2, 2] };
const noMiddle = { middleLayers: 0, middleDepth: 0 };
const tiny = {
  ...small,
  ...noMiddle,
  widths: [32, 64, 96],
  layers: [1, 1, 1],
  depths: [1, 1, 1],
  heads: [8, 8, 8],
  upLayers: [2, 2, 2],
  upDepths: [1, 1, 1],
};
const controlled = unetWith({ control: true });

const hint = { hintChannels: 3, hintWidths: [16, 24, 40, 56] };

function form(batch: number, height = 16, width = 24): PartForm {
  return { batch, height, width, tokens: 10 };
}

const cases: [string, Part, Structure, PartForm][] = [
  ['sd1', unet, sd1, form(2)],
  ['sd1-control', controlled, sd1, form(1)],
  ['sd2', unet, { ...sd1, ...second }, form(2)],
  ['lcm', unet, { ...sd1, condition: 16 }, form(2)],
  ['inpaint', unet, { ...sd1, channels: 9 }, form(1)],
  ['small', unet, small, form(1)],
  ['small-control', controlled, { ...small, ...noMiddle }, form(1)],
  ['tiny', unet, tiny, form(2)],
  ['plain-middle', unet, { ...small, middleLayers: 1, middleDepth: 0 }, form(1)],
  ['deep', unet, { ...tiny, depths: [0, 2, 3], upDepths: [3, 2, 0] }, form(1)],
  ['controlnet-sd1', controlnet, { ...down, ...hint }, form(2, 8, 16)],
  ['controlnet-sd2', controlnet, { ...down, ...second, ...hint }, form(1, 8, 16)],
];

/** These meet every operator. */
const inHalves = ['sd1-control', 'sd2', 'lcm', 'tiny', 'controlnet-sd1'];

/** Most cases have the same tensors as others. */
const known = new Map<string, Float32Array<ArrayBuffer>>();

function values(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const key = `${name} ${shape.join(' ')}`;
  const found = known.get(key) ?? made(name, shape);
  known.set(key, found);
  return found;
}

/** As `diffusion-unet.py` has them. */
function made(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const most = Math.sqrt(3 / shape.slice(1).reduce((product, side) => product * side, 1));
  if (shape.length > 1) return seeded(name, shape, -most, most);
  return name.endsWith('bias') ? seeded(name, shape, -0.1, 0.1) : seeded(name, shape, 0.8, 1.2);
}

/** What goes in, by the names of the graph's inputs. */
function given(name: string, shape: readonly number[]): Float32Array {
  if (name === 'timestep') return Float32Array.from([501.25, 3.5].slice(0, shape[0]));
  if (name === 'sample' || name === 'context') return seeded(name, shape, -2, 2);
  return seeded(name, shape, name === 'hint' ? 0 : -1, 1);
}

function tableOf(part: Part, structure: Structure, stored: 'f32' | 'f16'): TensorTable {
  const writer = new TableWriter();
  for (const { name, shape } of part.tensors(structure)) {
    const single = values(name, shape);
    writer.add(name, stored, shape, stored === 'f32' ? single : toHalfArray(single));
  }
  return writer.finish();
}

/** Every output, one after another. */
async function outputs(
  [, part, structure, shapes]: (typeof cases)[number],
  precision: Precision,
  stored: 'f32' | 'f16',
  on: 'cpu' | 'webgpu' = 'cpu',
): Promise<Float32Array> {
  const table = tableOf(part, structure, stored);
  const built = buildPart(part, table, structure, shapes, precision);
  if (!built.ok) throw new Error(built.error.message);
  const inputs = new Map(
    built.value.inputs.map(({ name, shape }) => [name, given(name, (shape ?? []).map(Number))]),
  );
  const results = await runModel(built.value, table.blob, Object.fromEntries(inputs), on);
  const parts = built.value.outputs.flatMap(({ name, shape }) => {
    const output = results[name] ?? new Float32Array();
    expect(output.length).toBe((shape ?? []).map(Number).reduce((product, side) => product * side, 1));
    return [...output];
  });
  return Float32Array.from(parts);
}

describe.each(cases)('%s', (...one) => {
  const [name, part, structure] = one;
  const file = readFileSync(join(import.meta.dirname, 'diffusion/unet', `${name}.f32`));
  const expected = new Float32Array(new Uint8Array(file).buffer);

  it('is told by its names and shapes, but for the heads', () => {
    const { widths, context } = structure;
    const heads = isSizes(widths) && typeof context === 'number' ? usualHeads(widths, context) : [];
    expect(part.structure(tableOf(part, structure, 'f32'))).toEqual({ ...structure, heads });
    expect(part.parse(structure)).toEqual(structure);
  });

  it('computes what diffusers computes', async () => {
    expect(expected.every((value) => Number.isFinite(value))).toBe(true);
    expect(relativeError(await outputs(one, 'fp32', 'f32'), expected)).toBeLessThan(1e-5);
  });

  it.runIf(inHalves.includes(name))('computes nearly that in half precision', async () => {
    expect(relativeError(await outputs(one, 'fp16', 'f16'), expected)).toBeLessThan(5e-3);
  });

  // See half-precision.test.ts.
  it.runIf(hasGpu)(
    'computes that on a GPU too (skipped without VK_DRIVER_FILES)',
    { timeout: 120_000 },
    async () => {
      const single = relativeError(await outputs(one, 'fp32', 'f32', 'webgpu'), expected);
      expect(single).toBeLessThan(1e-4);
      expect(single).toBeGreaterThan(0); // or it was not computed
      expect(relativeError(await outputs(one, 'fp16', 'f16', 'webgpu'), expected)).toBeLessThan(2e-2);
    },
  );
});
