/** PyTorch's own files (weights.py), read without Python: every value must be what torch was given. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findWeights, openWeights } from '../../src/architectures/open-weights.ts';
import { buildGraph } from '../../src/architectures/registry.ts';
import { computable } from '../../src/formats/convert-dtypes.ts';
import { fromHalfArray } from '../../src/formats/float16.ts';
import { tensorBytes, valueCount } from '../../src/formats/tensor-bytes.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { readWeights } from '../../src/formats/weights-file.ts';
import { Network } from '../models/run.ts';
import { expectedValues, givenPicture, keptValues } from './fixture.ts';

const folder = join(import.meta.dirname, 'weights');

function fileBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(folder, name)));
}

async function read(bytes: Uint8Array<ArrayBuffer>) {
  return readWeights([{ name: 'model', blob: new Blob([bytes]) }]);
}

async function tableOf(name: string): Promise<TensorTable> {
  const result = await read(fileBytes(name));
  if (!result.ok) throw new Error(result.error.message);
  if (result.value.format !== 'pth') throw new Error(result.value.format);
  return result.value.table;
}

async function values(table: TensorTable, name: string): Promise<number[]> {
  const ready = await computable(table);
  const entry = ready.tensors.get(name);
  if (!entry) throw new Error(`No ${name} in ${[...table.tensors.keys()].join(' ')}`);
  const { buffer } = await tensorBytes(ready, entry);
  if (entry.dtype === 'f16') return [...fromHalfArray(new Uint16Array(buffer))];
  if (entry.dtype === 'f32') return [...new Float32Array(buffer)];
  return [...new BigInt64Array(buffer)].map(Number);
}

/** The formula of weights.py. */
function expected(key: number, shape: readonly number[]): number[] {
  return Array.from({ length: valueCount(shape) }, (_, i) => (((i * 37 + key * 11) % 64) - 32) / 16);
}

const state: [name: string, key: number, shape: number[], dtype: string][] = [
  ['conv.weight', 1, [8, 3, 3, 3], 'f32'],
  ['conv.bias', 2, [8], 'f32'],
  ['turned', 3, [4, 6], 'f32'],
  ['channels_last', 4, [2, 3, 4, 5], 'f32'],
  ['shared.first', 5, [3, 4], 'f32'],
  ['shared.second', 6, [7], 'f32'],
  ['half', 7, [5], 'f16'],
  ['brain', 8, [5], 'bf16'],
  ['double', 9, [5], 'f64'],
  ['scalar', 11, [], 'f32'],
];

describe.each(['zip.pth', 'stream.pth', 'protocol-4.pth'])('%s', (name) => {
  it('gives every tensor in row-major order', async () => {
    const table = await tableOf(name);
    expect(table.tensors.size).toBe(state.length + 3);
    for (const [tensor, key, shape, dtype] of state) {
      expect(table.tensors.get(tensor)).toMatchObject({ shape, dtype });
      expect(await values(table, tensor), tensor).toEqual(expected(key, shape));
    }
    expect(await values(table, 'expanded')).toEqual([0, 1, 2, 3].map(() => expected(10, [1])[0]));
    expect(await values(table, 'empty')).toEqual([]);
    expect(await values(table, 'index')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('copies only what is not in order', async () => {
    const { blob, tensors } = await tableOf(name);
    const size = fileBytes(name).length;
    const copied = [...tensors.values()].filter(({ offset }) => offset >= size).map((entry) => entry.name);
    expect(copied).toEqual(['turned', 'channels_last', 'expanded']);
    expect(blob.size).toBeLessThan(size + 700);
  });

  it('never throws or hangs when it is cut or changed', async () => {
    const sound = fileBytes(name);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.option(fc.nat(sound.length)),
        async (changes, cut) => {
          const bytes = sound.slice(0, cut ?? sound.length);
          for (const [at, to] of changes) bytes[at] = to;
          const result = await read(bytes);
          if (result.ok && 'table' in result.value) await computable(result.value.table);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe.each(['lightning.ckpt', 'lightning-stream.ckpt'])('%s', (name) => {
  it('gives the state dictionary, whatever else a training program left', async () => {
    const table = await tableOf(name);
    expect(await values(table, 'state_dict.net_g.conv.weight')).toEqual(expected(1, [4, 3]));
    expect(await values(table, 'state_dict.net_g.conv.bias')).toEqual(expected(2, [4]));
    expect([...table.tensors.keys()].some((key) => key.startsWith('callbacks'))).toBe(false);
  });
});

it('nested dictionaries become dotted names', async () => {
  const table = await tableOf('nested.pth');
  expect([...table.tensors.keys()]).toEqual(['params.a', 'params_ema.a']);
  expect(await values(table, 'params_ema.a')).toEqual(expected(2, [3]));
});

describe('tensors that only a program could make', () => {
  it.each([
    ['whole-module.pth', '__main__.Network'],
    ['strange-tensor.pth', 'torch._utils._rebuild_sparse_tensor'],
    ['quantised.pth', 'torch._utils._rebuild_qtensor'],
    ['torchscript.pt', '__torch__'],
  ])('refuse %s by the name of %s', async (name, global) => {
    const result = await read(fileBytes(name));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { reason: 'global' } },
    });
    if (!result.ok) expect(result.error.message).toContain(global);
  });
});

it('a network in a checkpoint of the old kind computes what torch computes', async () => {
  const found = await findWeights([{ name: 'x', blob: new Blob([fileBytes('network.ckpt')]) }]);
  if (!found.ok) throw new Error(found.error.message);
  const table = await openWeights(found.value);
  if (!table.ok) throw new Error(table.error.message);
  const graph = buildGraph(found.value.network, table.value, 'fp32');
  if (!graph.ok) throw new Error(graph.error.message);
  const session = await Network.open(graph.value);
  const output = keptValues(await session.run(givenPicture()), graph.value.scale);
  await session.release();
  const expected = expectedValues('srvgg-2x-grey');
  expect(output.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) expect(output[index]).toBeCloseTo(value, 4);
});

it('every file is small and read', () => {
  const files = readdirSync(folder);
  expect(files).toHaveLength(11);
  for (const name of files) expect(fileBytes(name).length).toBeLessThan(20_000);
});
