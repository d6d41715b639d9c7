import { openAsBlob } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorBytes } from '../tensor-bytes.ts';
import { safetensorsOf } from '../testing/safetensors.ts';
import { readSafetensors } from './reader.ts';

const two = {
  __metadata__: { format: 'pt' },
  a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
  'b:"{': { dtype: 'BF16', shape: [1, 3], data_offsets: [8, 14] },
};
const data = Uint8Array.from({ length: 14 }, (_, index) => index);

async function read(bytes: Uint8Array<ArrayBuffer>) {
  return readSafetensors(new Blob([bytes]));
}

describe('a .safetensors file', () => {
  it('gives its tensors in place', async () => {
    const bytes = safetensorsOf(two, data);
    const result = await read(bytes);
    if (!result.ok) throw new Error(result.error.message);
    expect([...result.value.tensors.keys()]).toEqual(['a', 'b:"{']);
    const b = result.value.tensors.get('b:"{');
    expect(b).toEqual({ name: 'b:"{', dtype: 'bf16', shape: [1, 3], offset: bytes.length - 6, bytes: 6 });
    if (b) expect([...(await tensorBytes(result.value, b))]).toEqual([8, 9, 10, 11, 12, 13]);
  });

  it.each([
    ['F64', 'f64', 8],
    ['F32', 'f32', 4],
    ['F16', 'f16', 2],
    ['BF16', 'bf16', 2],
    ['F8_E4M3', 'f8e4m3', 1],
    ['F8_E5M2', 'f8e5m2', 1],
    ['U64', 'u64', 8],
    ['U32', 'u32', 4],
    ['U16', 'u16', 2],
    ['C64', 'c64', 8],
    ['I64', 'i64', 8],
    ['I32', 'i32', 4],
    ['I16', 'i16', 2],
    ['I8', 'i8', 1],
    ['U8', 'u8', 1],
    ['BOOL', 'u8', 1],
  ])('may hold %s', async (stored, dtype, bytes) => {
    const header = { a: { dtype: stored, shape: [], data_offsets: [0, bytes] } };
    const result = await read(safetensorsOf(header, new Uint8Array(bytes)));
    expect(result.ok && result.value.tensors.get('a')).toMatchObject({ dtype, bytes, shape: [] });
  });

  it('with parts of values is refused by their name', async () => {
    const header = { a: { dtype: 'F8_E8M0', shape: [1], data_offsets: [0, 1] } };
    const result = await read(safetensorsOf(header, new Uint8Array(1)));
    expect(result).toMatchObject({ ok: false, error: { code: 'model-unsupported' } });
    if (!result.ok) expect(result.error.message).toContain('F8_E8M0');
  });

  const one = (change: object) => ({ a: { ...two.a, ...change } });
  it.each([
    ['is cut in its data', safetensorsOf(two, data.subarray(0, 9)), 'would end at'],
    ['is cut in its header', safetensorsOf(two).subarray(0, 30), 'within its header'],
    ['is cut before its header', Uint8Array.of(9, 0, 0), 'before its header'],
    ['says a huge header', new Uint8Array(64).fill(255), '100 MB'],
    ['has no JSON', safetensorsOf('{"a":'), 'not JSON'],
    ['has a list', safetensorsOf('[]'), 'not JSON'],
    ['names a tensor twice', safetensorsOf('{"a":1,"a":2}'), 'twice'],
    ['has overlapping tensors', safetensorsOf({ a: two.a, b: two.a }, data), 'overlap'],
    ['has a wrong size', safetensorsOf(one({ shape: [3] }), data), '8 bytes where its shape needs 12'],
    ['has a negative side', safetensorsOf(one({ shape: [-2] }), data), 'no proper shape'],
    ['has a backward range', safetensorsOf(one({ data_offsets: [8, 0] }), data), 'bytes where'],
    ['has no range', safetensorsOf(one({ data_offsets: 8 }), data), 'no proper range'],
    ['has an unknown dtype', safetensorsOf(one({ dtype: 'F99' }), data), 'unknown dtype'],
    ['has a huge shape', safetensorsOf(one({ shape: [2 ** 40, 2 ** 40] }), data), 'bytes where'],
  ])('fails when it %s', async (_, bytes, part) => {
    const result = await read(Uint8Array.from(bytes));
    expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    if (!result.ok) expect(result.error.message).toContain(part);
  });

  it('that was changed while it was read fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'enlarger-'));
    const path = join(folder, 'gone.safetensors');
    const file = await open(path, 'w');
    await file.write(safetensorsOf(two, data));
    await file.close();
    const blob = await openAsBlob(path);
    await rm(folder, { recursive: true });
    expect(await readSafetensors(blob)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('never throws, whatever it holds', async () => {
    const sound = safetensorsOf(two, data);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }),
          fc.tuple(fc.nat(sound.length - 1), fc.nat(255)).map(([at, to]) => sound.with(at, to)),
          fc.nat(sound.length).map((end) => sound.slice(0, end)),
          fc.jsonValue().map((value) => safetensorsOf(JSON.stringify(value), data)),
          fc.dictionary(fc.string(), fc.jsonValue()).map((value) => safetensorsOf(value, data)),
        ),
        async (bytes) => {
          await read(Uint8Array.from(bytes));
        },
      ),
      { numRuns: 500 },
    );
  });
});
