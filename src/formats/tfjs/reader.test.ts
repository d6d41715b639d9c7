import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTfjs } from './reader.ts';

const kernel = {
  name: 'conv/kernel',
  shape: [1, 1, 2, 3],
  dtype: 'float32',
  quantization: { dtype: 'uint8', min: -1, scale: 0.5, original_dtype: 'float32' },
};
const bias = { name: 'conv/bias', shape: [3], dtype: 'float32' };

function json(weights: readonly unknown[], paths = ['a.bin', 'b.bin']): string {
  return JSON.stringify({ format: 'layers-model', weightsManifest: [{ paths, weights }] });
}

// The tensors need not end where a shard ends.
const shards = new Map([
  ['a.bin', new Blob([new Uint8Array(10)])],
  ['b.bin', new Blob([new Uint8Array(8)])],
]);

describe('a TensorFlow.js model', () => {
  it('gives its weights over the joined shards', () => {
    const result = readTfjs(json([kernel, bias]), shards);
    if (!result.ok) throw new Error(result.error.message);
    const { table, affine } = result.value;
    expect(table.blob.size).toBe(18);
    expect(table.tensors.get('conv/kernel')).toMatchObject({ dtype: 'u8', offset: 0, bytes: 6 });
    expect(table.tensors.get('conv/bias')).toMatchObject({ dtype: 'f32', offset: 6, bytes: 12 });
    expect([...affine]).toEqual([['conv/kernel', { scale: 0.5, min: -1 }]]);
  });

  it.each([
    ['is not JSON', '{', shards],
    ['has no manifest', '{}', shards],
    ['lacks a file', json([kernel, bias], ['a.bin', 'c.bin']), shards],
    ['is cut short', json([kernel, bias], ['a.bin']), shards],
    ['holds more than it says', json([kernel]), shards],
    ['names a tensor twice', json([kernel, kernel, kernel]), shards],
    ['has a strange dtype', json([{ ...bias, dtype: 'string' }]), shards],
    ['has a negative shape', json([{ ...bias, shape: [-3] }]), shards],
  ])('fails when it %s', (_, text, files) => {
    expect(readTfjs(text, files)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.json(), fc.array(fc.jsonValue()), (text, weights) => {
        readTfjs(text, shards);
        readTfjs(json(weights), shards);
      }),
    );
  });
});
