import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeOnnx } from './onnx/writer.ts';
import { pthOf, stateCode } from './testing/pickle.ts';
import { safetensorsOf } from './testing/safetensors.ts';
import { zipOf } from './testing/zip.ts';
import { readWeights } from './weights-file.ts';

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const safetensors = safetensorsOf(
  { a: { dtype: 'U8', shape: [3], data_offsets: [0, 3] } },
  Uint8Array.of(1, 2, 3),
);
const param = bytesOf('7767517\n2 2\nInput in 0 1 data\nPReLU slope 1 1 data out 0=2\n');
const bin = new Uint8Array(8);
const halfBin = Uint8Array.of(0x47, 0x6b, 0x30, 0x01, 0, 0, 0, 0);
const onnx = writeOnnx({
  name: 'test',
  opset: 17,
  inputs: [],
  outputs: [],
  nodes: [],
  initializers: [{ name: 'a', dtype: 'u8', shape: [1], data: { inline: Uint8Array.of(1) } }],
});

async function read(...files: readonly (readonly [string, Uint8Array<ArrayBuffer>])[]) {
  return readWeights(files.map(([name, bytes]) => ({ name, blob: new Blob([bytes]) })));
}

describe('formats', () => {
  it('are told by content, whatever the name', async () => {
    const pth = await pthOf(stateCode([{ name: 'a', key: '0', shape: [1] }]), { '0': new Uint8Array(4) });
    for (const [bytes, format] of [
      [safetensors, 'safetensors'],
      [pth, 'pth'],
      [onnx, 'onnx'],
    ] as const) {
      expect(await read(['wrong.jpg', bytes])).toMatchObject({
        ok: true,
        value: { format, name: 'wrong.jpg' },
      });
    }
  });

  it('of ONNX may keep their weights in files beside it', async () => {
    const outer = (location: string): Uint8Array<ArrayBuffer> =>
      writeOnnx({
        name: 'test',
        opset: 17,
        inputs: [],
        outputs: [],
        nodes: [],
        initializers: [{ name: 'a', dtype: 'u8', shape: [2], data: { location, offset: 1, length: 2 } }],
      });
    const file = outer('model.onnx.data');
    const data = Uint8Array.of(1, 2, 3);
    const whole = { ok: true, value: { format: 'onnx', name: 'model.onnx' } };
    expect(await read(['model.onnx.data', data], ['model.onnx', file])).toMatchObject(whole);
    // Folders get lost on the way, and what else lies there does not matter.
    expect(
      await read(['model.onnx', outer('./some/model.onnx.data')], ['model.onnx.data', data], ['x', data]),
    ).toMatchObject(whole);
    const zip = await zipOf([
      { name: 'm/model.onnx', data: file },
      { name: 'm/model.onnx.data', data },
    ]);
    expect(await read(['model.zip', zip])).toMatchObject({ ok: true, value: { name: 'm/model.onnx' } });
    expect(await read(['model.onnx', file])).toMatchObject({
      ok: false,
      error: { detail: { reason: 'half-pair', file: 'model.onnx.data' } },
    });
    expect(await read(['model.onnx', file], ['model.onnx.data', data], ['b', safetensors])).toMatchObject({
      ok: false,
      error: { detail: { reason: 'several' } },
    });
  });

  it('of two files need both', async () => {
    expect(await read(['x.bin', bin], ['x.param', param])).toMatchObject({
      ok: true,
      value: { format: 'ncnn' },
    });
    const slopes = Uint8Array.of(8, 7, 0x12, 0, 0, 0, 0, 0); // looks like ONNX
    expect(await read(['x.bin', slopes], ['x.param', param])).toMatchObject({
      ok: true,
      value: { format: 'ncnn' },
    });
    for (const half of [param, halfBin]) {
      expect(await read(['x', half])).toMatchObject({
        ok: false,
        error: { detail: { reason: 'half-pair' } },
      });
    }
  });

  it.each([false, true])('may come in an archive (packed: %s)', async (packed) => {
    const note = { name: 'read me.txt', data: bytesOf('It is a model.') };
    const single = await zipOf([note, { name: 'in/model.pt', data: safetensors, packed }]);
    expect(await read(['x.zip', single])).toMatchObject({
      ok: true,
      value: { format: 'safetensors', name: 'in/model.pt' },
    });
    const pair = await zipOf([
      note,
      { name: 'a.bin', data: bin, packed },
      { name: 'a.param', data: param, packed },
    ]);
    expect(await read(['x.zip', pair])).toMatchObject({ ok: true, value: { format: 'ncnn' } });
  });

  it('of several models are refused with their names', async () => {
    const result = await read(['one', safetensors], ['two', onnx]);
    expect(result).toMatchObject({ ok: false, error: { detail: { reason: 'several' } } });
    if (!result.ok) expect(result.error.message).toContain('"one", "two"');
  });
});

describe('what is no model', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n';
  it.each([
    ['empty', new Uint8Array(0), 'empty', 'empty'],
    ['a web page', bytesOf('<!DOCTYPE html><html><body>404</body></html>'), 'web-page', 'web page'],
    ['a pointer', bytesOf(pointer), 'lfs-pointer', 'git lfs pull'],
    ['a picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16), 'picture', 'JPEG'],
    ['a video', bytesOf('\x1aE\0'), 'unknown', 'no model format'],
    ['a text', bytesOf('{"layers": []}'), 'other-format', 'text'],
    ['a tar archive', bytesOf(`${'x'.repeat(257)}ustar\x0000`), 'other-format', 'tar archive'],
    ['another runtime', bytesOf('GGUF\x03\0\0\0'), 'other-format', 'GGUF'],
    ['anything', Uint8Array.of(200, 1, 99, 255, 254, 0, 0, 1), 'unknown', 'no model format'],
  ])('is told: %s', async (_, bytes, reason, part) => {
    const result = await read(['model.pth', bytes]);
    expect(result).toMatchObject({ ok: false, error: { code: 'model-unsupported', detail: { reason } } });
    if (!result.ok) expect(result.error.message).toContain(part);
  });

  it('is told for archives and for nothing at all', async () => {
    const none = await zipOf([{ name: 'a.txt', data: bytesOf('hello') }]);
    const nested = await zipOf([{ name: 'b.zip', data: none }]);
    expect(await read(['x', none])).toMatchObject({ ok: false, error: { detail: { reason: 'no-model' } } });
    expect(await read(['x', nested])).toMatchObject({ ok: false, error: { detail: { reason: 'archive' } } });
    expect(await read()).toMatchObject({ ok: false, error: { detail: { reason: 'no-model' } } });
  });
});

describe('what is cut short', () => {
  it.each([
    ['safetensors', async () => safetensors],
    ['pth', () => pthOf(stateCode([{ name: 'a', key: '0', shape: [1] }]), { '0': new Uint8Array(4) })],
    ['onnx', async () => onnx],
  ])('is damaged: %s', async (_, make) => {
    const bytes = await make();
    const result = await read(['model', bytes.slice(0, -2)]);
    expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });
});

it('never throws, whatever it is given', async () => {
  const samples = [
    safetensors,
    onnx,
    param,
    halfBin,
    await zipOf([{ name: 'a', data: safetensors, packed: true }]),
  ];
  const changed = fc
    .tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 5 }),
      fc.nat(400),
    )
    .map(([sample, changes, cut]) => {
      const bytes = sample.slice(0, cut);
      for (const [at, to] of changes) if (at < bytes.length) bytes[at] = to;
      return bytes;
    });
  const file = fc.oneof(
    changed,
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 3 }), async (files) => {
      await read(...files.map((bytes, index) => [`file ${index}`, bytes] as const));
    }),
    { numRuns: 500 },
  );
});
