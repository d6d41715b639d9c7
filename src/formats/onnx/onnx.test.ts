import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok } from '../../base/result.ts';
import type { OnnxModel } from './model.ts';
import { readOnnx } from './reader.ts';
import { inOneFile, withEnds } from './rewrite.ts';
import { block, integer, join, text, varint } from './wire.ts';
import { writeOnnx } from './writer.ts';

function model(weights: Uint8Array<ArrayBuffer>): OnnxModel {
  return {
    name: 'test',
    opset: 17,
    inputs: [{ name: 'input', dtype: 'f32', shape: [1, 3, 'height', 'width'] }],
    outputs: [{ name: 'output', dtype: 'f32', shape: [1, 3, 'h', 'w'] }],
    nodes: [
      {
        op: 'Conv',
        inputs: ['input', 'a.weight'],
        outputs: ['v0'],
        attributes: { pads: { ints: [1, 1, 1, 1] } },
      },
      { op: 'LeakyRelu', inputs: ['v0'], outputs: ['output'], attributes: { alpha: { float: 0.5 } } },
    ],
    initializers: [
      { name: 'a.weight', dtype: 'f16', shape: [weights.length / 2], data: { inline: weights } },
      { name: 'shape', dtype: 'i64', shape: [1], data: { inline: new Uint8Array(8) } },
    ],
    metadata: { licence: 'MIT', author: 'someone' },
  };
}

/** Counts what is read of a Blob. */
class CountingBlob extends Blob {
  readonly counter: { bytes: number };
  constructor(parts: BlobPart[], counter: { bytes: number }) {
    super(parts);
    this.counter = counter;
  }
  override slice(start = 0, end = this.size): Blob {
    this.counter.bytes += end - start;
    return super.slice(start, end);
  }
}

describe('an ONNX file of ours', () => {
  it('is read back as it was written', async () => {
    const weights = Uint8Array.from({ length: 600 }, (_, index) => index % 251);
    const file = writeOnnx(model(weights));
    const result = await readOnnx(new Blob([file]));
    if (!result.ok) throw new Error(result.error.message);
    const { table, opset, inputs, outputs, nodes, metadata } = result.value;
    expect({ opset, inputs, outputs, nodes }).toEqual({
      opset: 17,
      inputs: ['input'],
      outputs: ['output'],
      nodes: 2,
    });
    expect(Object.fromEntries(metadata)).toEqual({ author: 'someone', licence: 'MIT' });
    const entry = table.tensors.get('a.weight');
    expect(entry).toMatchObject({ dtype: 'f16', shape: [300], bytes: 600 });
    expect(file.subarray(entry?.offset, (entry?.offset ?? 0) + 600)).toEqual(weights);
    expect([...table.tensors.keys()]).toEqual(['a.weight', 'shape']);
  });

  it('has the same bytes every time, whatever the order of its metadata', () => {
    const weights = new Uint8Array(10);
    const turned = { ...model(weights), metadata: { author: 'someone', licence: 'MIT' } };
    expect(writeOnnx(turned)).toEqual(writeOnnx(model(weights)));
  });

  it('is read without its weights', async () => {
    const counter = { bytes: 0 };
    const file = writeOnnx(model(new Uint8Array(4_000_000)));
    expect((await readOnnx(new CountingBlob([file], counter))).ok).toBe(true);
    expect(counter.bytes).toBeGreaterThan(0);
    expect(counter.bytes).toBeLessThan(100_000);
  });

  it('points into another file where it is told to', async () => {
    const external = { location: 'weights', offset: 128, length: 20 };
    const file = writeOnnx({
      ...model(new Uint8Array(2)),
      initializers: [{ name: 'a', dtype: 'f32', shape: [5], data: external }],
    });
    const content = new TextDecoder('latin1').decode(file);
    expect(content).toContain('location');
    expect(content).toContain('128');
    // Read as a model of its own it is not whole.
    expect(await readOnnx(new Blob([file]))).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { reason: 'half-pair', file: 'weights' } },
    });
    // With the other file it is, and the tensor lies behind the file itself.
    const beside = new Blob([new Uint8Array(200)]);
    const whole = await readOnnx(new Blob([file]), async () => ok(beside));
    if (!whole.ok) throw new Error(whole.error.message);
    expect(whole.value.table.tensors.get('a')).toMatchObject({ offset: file.length + 128, bytes: 20 });
    expect(whole.value.table.blob.size).toBe(file.length + 200);
    const short = await readOnnx(new Blob([file]), async () => ok(beside.slice(0, 140)));
    expect(short).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('tells what it takes and gives, and where its parts are', async () => {
    const file = writeOnnx(model(new Uint8Array(600)));
    const result = await readOnnx(new Blob([file]));
    if (!result.ok) throw new Error(result.error.message);
    const { graph } = result.value;
    expect(graph.irVersion).toBe(8);
    expect(graph.inputs).toEqual([{ name: 'input', type: 1, shape: [1, 3, 'height', 'width'] }]);
    expect(graph.outputs).toEqual([{ name: 'output', type: 1, shape: [1, 3, 'h', 'w'] }]);
    expect(graph.nodes).toHaveLength(1); // two neighbours
    expect(graph.initializers.map(({ name, dtype }) => [name, dtype])).toEqual([
      ['a.weight', 'f16'],
      ['shape', 'i64'],
    ]);
  });

  it('may lie beyond 2 GiB of another file', async () => {
    const offset = 3 * 2 ** 30;
    const external = { location: 'weights', offset, length: 20 };
    const file = writeOnnx({
      ...model(new Uint8Array(2)),
      initializers: [{ name: 'a', dtype: 'f32', shape: [5], data: external }],
    });
    // A Blob of that size needs no bytes: only its size is asked for.
    const large = new Blob();
    Object.defineProperty(large, 'size', { value: offset + 20 });
    const whole = await readOnnx(new Blob([file]), async () => ok(large));
    if (!whole.ok) throw new Error(whole.error.message);
    expect(whole.value.table.tensors.get('a')?.offset).toBe(file.length + offset);
  });
});

describe('a damaged ONNX file', () => {
  const file = writeOnnx(model(Uint8Array.from({ length: 64 }, (_, index) => index)));

  it('fails wherever it is cut short', async () => {
    for (let length = 0; length < file.length; length++) {
      const result = await readOnnx(new Blob([file.subarray(0, length)]));
      expect(result, `cut at ${length}`).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    }
  });

  it('never throws, whatever its bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const result = await readOnnx(new Blob([Uint8Array.from(bytes)]));
        if (!result.ok) expect(result.error.code).toBe('model-damaged');
      }),
      { numRuns: 500 },
    );
  });

  it('never throws when some of its bytes are others', async () => {
    const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = file.slice();
        for (const [position, value] of changes) bytes[position] = value;
        const result = await readOnnx(new Blob([bytes]));
        if (!result.ok) expect(result.error.code).toBe('model-damaged');
      }),
      { numRuns: 500 },
    );
  });

  it('is written again without a throw, or refused, when some of its bytes are others', async () => {
    const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = file.slice();
        for (const [position, value] of changes) bytes[position] = value;
        const result = await readOnnx(new Blob([bytes]), async () => ok(new Blob([new Uint8Array(50)])));
        if (!result.ok) return;
        const ends = { inputs: [], outputs: [], before: [], after: [], initializers: [] };
        const again = await readOnnx(new Blob([await withEnds(result.value, ends, 'w')]), async () =>
          ok(result.value.table.blob),
        );
        expect(again.ok).toBe(true);
        expect((await readOnnx(inOneFile(result.value))).ok).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a tensor of another size than its shape', { dims: [3], bytes: 8 }],
    ['a shape beyond all memory', { dims: [2 ** 40, 2 ** 40], bytes: 8 }],
    ['a shape of too many dimensions', { dims: Array.from({ length: 9 }, () => 1), bytes: 4 }],
  ])('fails for %s', async (_, { dims, bytes }) => {
    const shape = block(1, dims.map(varint));
    const tensor = [...shape, ...integer(2, 1), ...text(8, 'x'), ...block(9, [new Uint8Array(bytes)])];
    const result = await readOnnx(new Blob([join(block(7, block(5, tensor)))]));
    expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('fails for a tensor that is there twice', async () => {
    const tensor = block(5, [...integer(2, 2), ...text(8, 'x'), ...block(9, [new Uint8Array(1)])]);
    const result = await readOnnx(new Blob([join(block(7, tensor, tensor))]));
    expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });
});

describe('the wire format', () => {
  it('writes integers as protobuf does', () => {
    expect([...varint(0)]).toEqual([0]);
    expect([...varint(300)]).toEqual([0xac, 0x02]);
    expect([...varint(2 ** 40)]).toEqual([0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
    expect([...varint(-1)]).toEqual([...Array.from({ length: 9 }, () => 0xff), 0x01]);
  });
});
