/** Weights of 8 and 4 bits in onnxruntime: it computes what the integers stand for, and widens them when a network runs. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { checkTable } from '../../src/architectures/check-table.ts';
import {
  dequantiseMatrix,
  quantiseChannels,
  quantiseMatrix,
} from '../../src/architectures/diffusion/nbits.ts';
import { buildPart } from '../../src/architectures/diffusion/part.ts';
import { packable, packedBytes } from '../../src/architectures/diffusion/quantise-table.ts';
import { quantiseTable } from '../../src/architectures/diffusion/sample-quantised.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { GraphBuilder, weightsPath, type Precision } from '../../src/architectures/graph-builder.ts';
import { withPlainNames } from '../../src/architectures/packed.ts';
import { blobStore } from '../../src/formats/appended-table.ts';
import type { OnnxModel } from '../../src/formats/onnx/model.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import { readSafetensors } from '../../src/formats/safetensors/reader.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { hasGpu, relativeError, runModel } from './diffusion-run.ts';
import { seeded, seededTable } from './seeded.ts';
import { tinyUnet } from './tiny-diffusion.ts';

const specs = [
  { name: 'dense.weight', shape: [24, 96] },
  { name: 'dense.bias', shape: [24] },
  { name: 'conv.weight', shape: [8, 6, 3, 3] },
  { name: 'conv.bias', shape: [8] },
  { name: 'odd.weight', shape: [4, 40] },
];
/** In half precision the CPU computes in fp32; a GPU does not, and MatMulNBits sums so too. */
const backends = [
  ['cpu', 'fp32', 1e-6],
  ['cpu', 'fp16', 2e-3],
  ...(hasGpu
    ? ([
        ['webgpu', 'fp32', 1e-5],
        ['webgpu', 'fp16', 5e-3],
      ] as const)
    : []),
] as const;

const plan = (bits: 4 | 8): ReadonlyMap<string, 4 | 8> =>
  new Map(['dense.weight', 'conv.weight', 'odd.weight'].map((name) => [name, bits]));

/** As it comes back from a file. */
async function quantised(bits: 4 | 8, symmetric: boolean): Promise<TensorTable> {
  const made = await quantiseTable(seededTable(specs), plan(bits), blobStore(), { symmetric });
  const read = made && (await readSafetensors(writeSafetensors(made, {})));
  if (!read?.ok) throw new Error('It was not written');
  return withPlainNames(read.value);
}

function single(name: string): Float32Array<ArrayBuffer> {
  const { shape = [] } = specs.find((spec) => spec.name === name) ?? {};
  const [low, high] = name.endsWith('.bias') ? [-0.1, 0.1] : [-0.2, 0.4];
  const most = Math.sqrt(3 / (6 * 9));
  return shape.length === 4 ? seeded(name, shape, -most, most) : seeded(name, shape, low, high);
}

function denseModel(table: TensorTable, precision: Precision): OnnxModel {
  const builder = new GraphBuilder(table, precision, null, []);
  const input = builder.intoCompute(builder.input('input', 'f32', [1, 5, 96]));
  const value = builder.outOfCompute(builder.linear(input, 'dense', [1, 5]));
  return builder.finishWith([{ name: 'output', value, shape: [1, 5, 24] }], 'dense');
}

function convModel(table: TensorTable, precision: Precision): OnnxModel {
  const builder = new GraphBuilder(table, precision, null, []);
  const input = builder.intoCompute(builder.input('input', 'f32', [1, 6, 9, 7]));
  const value = builder.outOfCompute(builder.convolution(input, 'conv'));
  return builder.finishWith([{ name: 'output', value, shape: [1, 8, 9, 7] }], 'conv');
}

describe.each([
  [8, true],
  [8, false],
  [4, true],
  [4, false],
] as const)('a matrix in %i bits (symmetric: %s)', (bits, symmetric) => {
  const input = seeded('input', [1, 5, 96], -1, 1);
  const weights = single('dense.weight');
  const values = dequantiseMatrix(quantiseMatrix(weights, 96, { bits, symmetric }), 96, bits);
  const bias = single('dense.bias');
  const product = (matrix: Float32Array): Float32Array =>
    Float32Array.from({ length: 5 * 24 }, (_, at) => {
      const [row, output] = [Math.floor(at / 24), at % 24];
      let sum = bias[output] ?? NaN;
      for (let i = 0; i < 96; i++) sum += (matrix[output * 96 + i] ?? NaN) * (input[row * 96 + i] ?? NaN);
      return sum;
    });

  it.each(backends)(
    'gives what its values give, on %s in %s',
    { timeout: 120_000 },
    async (backend, precision, most) => {
      const table = await quantised(bits, symmetric);
      const model = denseModel(table, precision);
      expect(model.nodes.map(({ op }) => op)).toContain('MatMulNBits');
      const { output = new Float32Array() } = await runModel(model, table.blob, { input }, backend);
      expect(relativeError(output, product(values))).toBeLessThanOrEqual(most);
      expect(relativeError(output, product(weights))).toBeLessThanOrEqual(bits === 8 ? 0.01 : 0.1);
    },
  );
});

describe('a convolution in 8 bits', () => {
  it.each(backends)(
    'gives what its values give, on %s in %s',
    { timeout: 120_000 },
    async (backend, precision, most) => {
      const table = await quantised(8, true);
      const { integers, scales } = quantiseChannels(single('conv.weight'), 8);
      const plain = seededTable(specs);
      const weights = Float32Array.from(
        integers,
        (value, at) => value * (scales[Math.floor(at / 54)] ?? NaN),
      );
      const entry = plain.tensors.get('conv.weight');
      if (!entry) throw new Error('No weights');
      const start = plain.blob.slice(0, entry.offset);
      const blob = new Blob([start, weights, plain.blob.slice(entry.offset + entry.bytes)]);
      const given = { input: seeded('map', [1, 6, 9, 7], -1, 1) };
      const { output = new Float32Array() } = await runModel(
        convModel(table, precision),
        table.blob,
        given,
        backend,
      );
      const expected = await runModel(convModel({ ...plain, blob }, 'fp32'), blob, given);
      expect(relativeError(output, expected['output'] ?? new Float32Array())).toBeLessThanOrEqual(most);
    },
  );
});

it('leaves what has no whole blocks, and passes for the table that it was', async () => {
  const table = await quantised(4, true);
  expect(table.tensors.get('odd.weight')?.dtype).toBe('f32');
  expect(table.tensors.get('dense.weight')?.shape).toEqual([24, 96]);
  expect(checkTable(table, specs).ok).toBe(true);
});

/** The model as onnxruntime runs it, after all of its optimisations. */
async function optimised(
  model: OnnxModel,
  table: TensorTable,
  extra: Record<string, unknown>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'optimised-'));
  try {
    const optimizedModelFilePath = join(folder, 'model.onnx');
    const session = await InferenceSession.create(writeOnnx(model), {
      externalData: [{ path: weightsPath, data: new Uint8Array(await table.blob.arrayBuffer()) }],
      graphOptimizationLevel: 'all',
      optimizedModelFilePath,
      logSeverityLevel: 3,
      extra,
    });
    await session.release();
    return readFileSync(optimizedModelFilePath, 'latin1');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('weights are widened when a network runs, not when it is opened', () => {
  it.each(['fp32', 'fp16'] as const)('in %s', async (precision) => {
    const table = await quantised(4, true);
    expect(await optimised(convModel(table, precision), table, {})).toContain('DequantizeLinear');
    expect(await optimised(denseModel(table, precision), table, {})).toContain('MatMulNBits');
  });

  it('which an option of the runtime would undo', async () => {
    const table = await quantised(8, true);
    const folded = await optimised(convModel(table, 'fp32'), table, { session: { disable_quant_qdq: '1' } });
    expect(folded).not.toContain('DequantizeLinear');
  });
});

describe('a UNet', () => {
  const structure = tinyUnet;
  const parts = unet.tensors(structure);
  const form = { batch: 1, height: 8, width: 16, tokens: 10 };
  const inputs = {
    sample: seeded('sample', [1, 4, 8, 16], -1.7, 1.7),
    timestep: Float32Array.of(481),
    context: seeded('context', [1, 10, 64], -1.7, 1.7),
  };

  async function noise(
    table: TensorTable,
    precision: Precision,
    backend: 'cpu' | 'webgpu',
  ): Promise<Float32Array> {
    const built = buildPart(unet, table, structure, form, precision);
    if (!built.ok) throw new Error(built.error.message);
    return (await runModel(built.value, table.blob, inputs, backend))['noise'] ?? new Float32Array();
  }

  it.each([
    [8, 'cpu', 'fp32', 0.02],
    [8, 'cpu', 'fp16', 0.02],
    [4, 'cpu', 'fp32', 0.2],
    ...(hasGpu ? ([[8, 'webgpu', 'fp16', 0.03]] as const) : []),
  ] as const)(
    'in %i bits is still itself, on %s in %s',
    { timeout: 120_000 },
    async (bits, backend, precision, most) => {
      const plain = seededTable(parts);
      const kinds = packable(parts);
      const packed = await quantiseTable(
        plain,
        new Map([...kinds.keys()].map((name) => [name, bits])),
        blobStore(),
      );
      if (!packed) throw new Error('It was ended');
      expect(unet.structure(withPlainNames(packed))).toEqual(unet.structure(plain));
      let bytes = 0;
      for (const spec of parts) bytes += kinds.has(spec.name) ? packedBytes(spec, bits) : 0;
      const names = [...packed.tensors.keys()].filter(
        (name) => /\.(q[48]|scales?)$/.test(name) || kinds.has(name),
      );
      expect(names.reduce((sum, name) => sum + (packed.tensors.get(name)?.bytes ?? NaN), 0)).toBe(bytes);
      const drift = relativeError(await noise(packed, precision, backend), await noise(plain, 'fp32', 'cpu'));
      expect(drift).toBeGreaterThan(1e-4);
      expect(drift).toBeLessThanOrEqual(most);
    },
  );
});
