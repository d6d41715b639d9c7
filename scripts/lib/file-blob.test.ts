import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/formats/safetensors/reader.ts';
import { tensorBytes } from '../../src/formats/tensor-bytes.ts';
import { safetensorsOf } from '../../src/formats/testing/safetensors.ts';
import { pthOf, stateCode } from '../../src/formats/testing/pickle.ts';
import { readWeights } from '../../src/formats/weights-file.ts';
import { fileBlob } from './file-blob.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlarger-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file whose pieces lie at these offsets; the holes between them take no space. */
async function sparse(name: string, pieces: readonly (readonly [number, Uint8Array])[]): Promise<string> {
  const path = join(folder, name);
  const file = await open(path, 'w');
  for (const [at, bytes] of pieces) await file.write(bytes, 0, bytes.length, at);
  await file.close();
  return path;
}

describe('a file as a Blob', () => {
  it('slices as a Blob does', async () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, index) => index);
    const file = await fileBlob(await sparse('small', [[0, bytes]]));
    const blob = new Blob([bytes]);
    for (const [start, end] of [[], [3], [3, 9], [-5], [4, -4], [9, 3], [15, 99]]) {
      const ours = file.slice(start, end);
      const theirs = blob.slice(start, end);
      expect(ours.size).toBe(theirs.size);
      expect(await ours.slice(1).arrayBuffer()).toEqual(await theirs.slice(1).arrayBuffer());
    }
  });
});

it('streams as a Blob does', async () => {
  const bytes = Uint8Array.from({ length: (1 << 20) + 7 }, (_, index) => index % 251);
  const file = await fileBlob(await sparse('streamed', [[0, bytes]]));
  const streamed = await new Response(file.slice(3).stream()).arrayBuffer();
  expect(Buffer.from(streamed).equals(bytes.subarray(3))).toBe(true);
});

describe('weights beyond 4 GiB', () => {
  const big = 5 * 2 ** 30;

  it('are read where they are in .safetensors', async () => {
    const start = safetensorsOf({
      a: { dtype: 'U8', shape: [big], data_offsets: [0, big] },
      b: { dtype: 'U8', shape: [3], data_offsets: [big, big + 3] },
    });
    const path = await sparse('far.safetensors', [
      [0, start],
      [start.length + big, Uint8Array.of(7, 8, 9)],
    ]);
    const result = await readSafetensors(await fileBlob(path));
    if (!result.ok) throw new Error(result.error.message);
    const b = result.value.tensors.get('b');
    expect(b?.offset).toBe(start.length + big);
    if (b) expect([...(await tensorBytes(result.value, b))]).toEqual([7, 8, 9]);
  });

  it('are read where they are in PyTorch archives', async () => {
    const tensors = [{ name: 'a', key: '0', shape: [2] }];
    const storage = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    const archive = await pthOf(stateCode(tensors), { '0': storage }, { wide: true, move: big });
    const blob = await fileBlob(
      await sparse('far.pth', [
        [0, Uint8Array.of(0x50, 0x4b, 3, 4)],
        [big, archive],
      ]),
    );
    const result = await readWeights([{ name: 'far.pth', blob }]);
    if (!result.ok) throw new Error(result.error.message);
    const table = 'table' in result.value ? result.value.table : null;
    const a = table?.tensors.get('a');
    expect(a?.offset).toBeGreaterThan(big);
    if (table && a) expect(new Uint8Array(await tensorBytes(table, a))).toEqual(storage);
  });
});
