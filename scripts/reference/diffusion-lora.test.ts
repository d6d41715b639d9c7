/** LoRAs merged into weights against LoRAs that hang on a network's layers, by diffusers and peft (`diffusion-lora.py`). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planLoras, type GivenLora } from '../../src/architectures/diffusion/lora.ts';
import { mergeLoras } from '../../src/architectures/diffusion/lora-merge.ts';
import { targetIndex, type LoraPart } from '../../src/architectures/diffusion/lora-targets.ts';
import { blobStore } from '../../src/formats/appended-table.ts';
import { singlesOf } from '../../src/formats/convert-dtypes.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { readSafetensors } from '../../src/formats/safetensors/reader.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import { tensorBytes } from '../../src/formats/tensor-bytes.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { renamed } from './diffusion-fixture.ts';

const folder = join(import.meta.dirname, 'diffusion', 'lora');

type Parts = ReadonlyMap<LoraPart, TensorTable>;

async function fixture(name: string): Promise<TensorTable> {
  const table = await readSafetensors(new Blob([readFileSync(join(folder, `${name}.safetensors`))]));
  if (!table.ok) throw new Error(table.error.message);
  return table.value;
}

async function bases(): Promise<Parts> {
  return new Map([
    ['unet', await fixture('base-unet')],
    ['text-encoder', await fixture('base-text')],
  ]);
}

async function values(table: TensorTable, name: string): Promise<Float32Array> {
  const entry = table.tensors.get(name);
  const singles = entry && singlesOf((await tensorBytes(table, entry)).buffer, entry.dtype);
  if (!singles) throw new Error(`No floats ${name}`);
  return singles;
}

async function merged(
  parts: Parts,
  loras: readonly GivenLora[],
  compute: 'f16' | 'f32' = 'f32',
): Promise<Parts> {
  const plan = planLoras(parts, loras);
  if (!plan.ok) throw new Error(plan.error.message);
  expect(plan.value.left).toEqual([]);
  const result = new Map<LoraPart, TensorTable>();
  for (const [part, table] of parts) {
    const done = await mergeLoras(table, plan.value.changes.get(part) ?? new Map(), compute, blobStore());
    if (!done.ok) throw new Error(done.error.message);
    result.set(part, done.value);
  }
  return result;
}

async function lora(name: string, weight: number): Promise<GivenLora> {
  return { name, weight, table: await fixture(name) };
}

/** A dense layer or a convolution with as much padding as a side of 3 needs; stride 2 in downsamplers. */
function apply(
  weight: Float32Array,
  bias: Float32Array | null,
  shape: readonly number[],
  input: Float32Array,
  inputShape: readonly number[],
  stride: number,
): Float32Array {
  const [outputs = 0, inputs = 0, kernel = 1] = shape;
  if (shape.length === 2) {
    const [rows = 0] = inputShape;
    return Float32Array.from({ length: rows * outputs }, (_, at) => {
      const [row, output] = [Math.floor(at / outputs), at % outputs];
      let sum = bias?.[output] ?? 0;
      for (let i = 0; i < inputs; i++)
        sum += (weight[output * inputs + i] ?? NaN) * (input[row * inputs + i] ?? NaN);
      return sum;
    });
  }
  const [, , height = 0, width = 0] = inputShape;
  const pad = (kernel - 1) / 2;
  const [rows, columns] = [height, width].map(
    (side) => Math.floor((side + 2 * pad - kernel) / stride) + 1,
  ) as [number, number];
  return Float32Array.from({ length: outputs * rows * columns }, (_, at) => {
    const output = Math.floor(at / (rows * columns));
    const [y, x] = [Math.floor(at / columns) % rows, at % columns];
    let sum = bias?.[output] ?? 0;
    for (let i = 0; i < inputs; i++) {
      for (let k = 0; k < kernel * kernel; k++) {
        const [row, column] = [y * stride - pad + Math.floor(k / kernel), x * stride - pad + (k % kernel)];
        if (row < 0 || column < 0 || row >= height || column >= width) continue;
        const given = input[(i * height + row) * width + column] ?? NaN;
        sum += (weight[(output * inputs + i) * kernel * kernel + k] ?? NaN) * given;
      }
    }
    return sum;
  });
}

/** The largest difference of any layer's output from that of the layers with LoRAs on them; and how many layers there were. */
async function difference(parts: Parts, name: string): Promise<{ most: number; layers: number }> {
  const [given, expected] = [await fixture('given'), await fixture('expected')];
  let [most, layers] = [0, 0];
  for (const key of expected.tensors.keys()) {
    const [start, part, module = ''] = key.split('/');
    const table = parts.get(part as LoraPart);
    const entry = table?.tensors.get(`${module}.weight`);
    if (start !== name || !table || !entry) continue;
    const bias = table.tensors.has(`${module}.bias`) ? await values(table, `${module}.bias`) : null;
    const input = `${part}/${module}`;
    const output = apply(
      await values(table, entry.name),
      bias,
      entry.shape,
      await values(given, input),
      given.tensors.get(input)?.shape ?? [],
      module.includes('downsamplers') ? 2 : 1,
    );
    const wanted = await values(expected, key);
    expect(output.length).toBe(wanted.length);
    // A single NaN makes it NaN.
    wanted.forEach((value, at) => (most = Math.max(most, Math.abs((output[at] ?? NaN) - value))));
    layers++;
  }
  return { most, layers };
}

describe('merged equals applied', () => {
  it.each([
    ['kohya', [['kohya', 1]]],
    ['half', [['kohya', 0.5]]],
    ['negative', [['kohya', -0.5]]],
    ['peft', [['peft', 1]]],
    [
      'both',
      [
        ['kohya', 0.8],
        ['peft', -0.3],
      ],
    ],
  ] as const)('%s', async (name, given) => {
    const loras = await Promise.all(given.map(([file, weight]) => lora(file, weight)));
    const { most, layers } = await difference(await merged(await bases(), loras), name);
    expect(layers).toBe(133);
    expect(most).toBeLessThanOrEqual(1e-5);
  });

  it('through a middle convolution', async () => {
    const parts = await merged(await bases(), [await lora('locon', 1)]);
    const { most, layers } = await difference(parts, 'locon');
    expect(layers).toBe(28);
    expect(most).toBeLessThanOrEqual(1e-5);
  });

  it('is told from the base alone', async () => {
    const { most } = await difference(await bases(), 'kohya');
    expect(most).toBeGreaterThan(0.1);
  });
});

it('leaves everything in place at weight 0', async () => {
  const parts = await bases();
  const done = await merged(parts, [await lora('kohya', 0)]);
  for (const [part, table] of parts) expect(done.get(part)).toEqual(table);
});

it('merges half precision, rounded once, behind the tensors that stay', async () => {
  const halves = new Map<LoraPart, TensorTable>();
  for (const [part, table] of await bases()) {
    const writer = new TableWriter();
    for (const { name, shape } of table.tensors.values()) {
      writer.add(name, 'f16', shape, toHalfArray(await values(table, name)));
    }
    halves.set(part, writer.finish());
  }
  const loras = [await lora('kohya', 0.8), await lora('peft', -0.3)];
  const [single, half] = [await merged(halves, loras, 'f32'), await merged(halves, loras, 'f16')];
  let [kept, changed] = [0, 0];
  for (const [part, table] of half) {
    for (const entry of table.tensors.values()) {
      expect(entry.dtype).toBe('f16');
      if (entry.offset < (halves.get(part)?.blob.size ?? 0)) kept++;
      else {
        const exact = await values(single.get(part) ?? table, entry.name);
        expect(new Uint16Array((await tensorBytes(table, entry)).buffer)).toEqual(toHalfArray(exact));
        changed++;
      }
    }
  }
  expect([kept > 100, changed]).toEqual([true, 133]);
});

describe('names', () => {
  const sameAs = async (file: string, to: (name: string) => string): Promise<void> => {
    const [plain, other] = [await lora(file, 1), await lora(file, 1)];
    const parts = await bases();
    const renamedLora = { ...other, table: renamed(other.table, to) };
    const [expected, result] = [await merged(parts, [plain]), await merged(parts, [renamedLora])];
    for (const [part, table] of expected) {
      for (const name of table.tensors.keys()) {
        expect(await values(result.get(part) ?? table, name)).toEqual(await values(table, name));
      }
    }
  };

  it('of latent diffusion are those that its code builds', async () => {
    const names = JSON.parse(readFileSync(join(folder, 'compvis.json'), 'utf8')) as Record<string, string>;
    const index = targetIndex(
      'unet',
      (await bases()).get('unet') ?? { blob: new Blob(), tensors: new Map() },
    );
    for (const [tensor, name] of Object.entries(names))
      expect(index.get(name.replaceAll('.', '_'))).toBe(tensor);
    const start = (key: string): string =>
      `lora_unet_${(names[index.get(key.slice(10)) ?? ''] ?? 'missing').replaceAll('.', '_')}`;
    await sameAs('kohya', (name) => name.replace(/^lora_unet_[^.]+/, start));
  });

  it.each<[string, string, (name: string) => string]>([
    ['lora_te1', 'kohya', (name) => name.replace('lora_te_', 'lora_te1_')],
    ['diffusers', 'peft', (name) => name.replace('lora_A', 'lora.down').replace('lora_B', 'lora.up')],
    [
      'PEFT itself',
      'peft',
      (name) =>
        name
          .replace(/^(unet|text_encoder)/, 'base_model.model')
          .replace('lora_A', 'lora_A.default')
          .replace('lora_B', 'lora_B.default'),
    ],
    [
      'old diffusers',
      'peft',
      (name) =>
        name
          .replace(/(attn[12])\.(to_[qkv])\.lora_A/, '$1.processor.$2_lora.down')
          .replace(/(attn[12])\.(to_[qkv])\.lora_B/, '$1.processor.$2_lora.up')
          .replace(/(attn[12])\.to_out\.0\.lora_A/, '$1.processor.to_out_lora.down')
          .replace(/(attn[12])\.to_out\.0\.lora_B/, '$1.processor.to_out_lora.up')
          .replace(/self_attn\.([qkv])_proj\.lora_A/, 'self_attn.to_$1_lora.down')
          .replace(/self_attn\.([qkv])_proj\.lora_B/, 'self_attn.to_$1_lora.up')
          .replace(/self_attn\.out_proj\.lora_A/, 'self_attn.to_out_lora.down')
          .replace(/self_attn\.out_proj\.lora_B/, 'self_attn.to_out_lora.up')
          .replace('lora_A', 'lora_linear_layer.down')
          .replace('lora_B', 'lora_linear_layer.up'),
    ],
    ['diffusers without a part', 'peft', (name) => name.replace(/^unet\./, '')],
  ])('of %s', async (_, file, to) => {
    await sameAs(file, to);
  });
});
