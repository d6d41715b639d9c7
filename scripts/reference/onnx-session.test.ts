/** What ready-made graphs are given and give, in onnxruntime-node: sides, types, batches and ranges that are not ours. */

import { describe, expect, it } from 'vitest';
import { sortReady } from '../../src/architectures/diffusion/onnx-part.ts';
import type { PartForm } from '../../src/architectures/diffusion/part.ts';
import { fail, type Result } from '../../src/base/result.ts';
import type { OnnxInitializer, OnnxModel, OnnxNode, OnnxValue } from '../../src/formats/onnx/model.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import { openReady, type ReadyRuntime } from '../../workers/engine/diffusion/onnx-session.ts';
import type { PartSession } from '../../workers/engine/diffusion/part-session.ts';
import { nodeRuntime } from './onnx-folders.ts';

type Side = number | string;

function end(name: string, dtype: OnnxValue['dtype'], ...shape: Side[]): OnnxValue {
  return { name, dtype, shape };
}

function weights(name: string, shape: readonly number[], value: number): OnnxInitializer {
  const count = shape.reduce((product, side) => product * side, 1);
  const inline = new Uint8Array(new Float32Array(count).fill(value).buffer);
  return { name, dtype: 'f32', shape, data: { inline } };
}

async function opened(
  { inputs, outputs, nodes, initializers }: Pick<OnnxModel, 'inputs' | 'outputs' | 'nodes' | 'initializers'>,
  form: PartForm,
  runtime: ReadyRuntime = nodeRuntime,
): Promise<Result<PartSession>> {
  const blob = new Blob([writeOnnx({ name: 'x', opset: 17, inputs, outputs, nodes, initializers })]);
  const sorted = await sortReady([{ name: 'x.onnx', blob }]);
  const [ready] = sorted.ok ? sorted.value.ready : [];
  if (!ready) throw new Error('It is no part.');
  return openReady({ name: 'x', ready, form, inputs: [] }, runtime);
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** A UNet that adds its timestep to its sample. */
function adder(batch: Side, side: Side, timestep: OnnxValue): Parameters<typeof opened>[0] {
  const cast: OnnxNode = {
    op: 'Cast',
    inputs: ['timestep'],
    outputs: ['time'],
    attributes: { to: { int: 1 } },
  };
  const map: OnnxNode = { op: 'Reshape', inputs: ['time', 'sides'], outputs: ['times'] };
  const sides = new Uint8Array(BigInt64Array.of(-1n, 1n, 1n, 1n).buffer);
  return {
    inputs: [
      end('sample', 'f32', batch, 4, side, side),
      timestep,
      end('encoder_hidden_states', 'f32', batch, 's', 2),
    ],
    outputs: [end('out_sample', 'f32', batch, 4, side, side)],
    nodes: [cast, map, { op: 'Add', inputs: ['sample', 'times'], outputs: ['out_sample'] }],
    initializers: [{ name: 'sides', dtype: 'i64', shape: [4], data: { inline: sides } }],
  };
}

const two = { batch: 2, width: 2, height: 2, tokens: 3 };
const given = {
  sample: Float32Array.from({ length: 2 * 16 }, (_, i) => i),
  timestep: Float32Array.of(500.4, 500.4),
  context: new Float32Array(2 * 3 * 2),
};
const plus = (more: number): Float32Array => given.sample.map((value) => value + more);

describe('a UNet', () => {
  it.each([
    ['any batch and a timestep for each', adder('b', 'h', end('timestep', 'f32', 'b')), 500.4],
    ['a single timestep', adder('b', 'h', end('timestep', 'f32')), 500.4],
    ['a timestep of a batch of its own, whole', adder('b', 'h', end('timestep', 'i64', 'steps')), 500],
    ['one picture at once', adder(1, 'h', end('timestep', 'i64', 1)), 500],
    ['three pictures at once', adder(3, 2, end('timestep', 'i32', 3)), 500],
  ])('that takes %s', async (_, graph, more) => {
    const session = valueOf(await opened(graph, two));
    expect(valueOf(await session.run(given))['noise']).toEqual(plus(Math.fround(more)));
    await session.release();
  });

  it('of one size refuses another, and one that cannot be opened says why', async () => {
    const large = await opened(adder(1, 8, end('timestep', 'f32')), two);
    expect(large).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { end: 'sample' } },
    });
    const broken: ReadyRuntime = {
      ...nodeRuntime,
      create: () => Promise.resolve(fail('internal', 'No kernel for Frobnicate')),
    };
    const closed = await opened(adder(1, 8, end('timestep', 'f32')), two, broken);
    expect(closed.ok ? '' : closed.error.message).toMatch(
      /"x.onnx" cannot be opened here \(No kernel for Frobnicate\)/,
    );
    const full: ReadyRuntime = {
      ...nodeRuntime,
      create: () => Promise.resolve(fail('out-of-memory', 'Too little')),
    };
    expect(await opened(adder(1, 8, end('timestep', 'f32')), two, full)).toMatchObject({
      error: { code: 'out-of-memory' },
    });
  });
});

const eight = { ints: [8, 8] };

describe('a VAE', () => {
  it('gives the means alone, of one size from a smaller picture too', async () => {
    const graph = {
      inputs: [end('sample', 'f32', 1, 3, 16, 16)],
      outputs: [end('latent_parameters', 'f32', 1, 8, 2, 2)],
      nodes: [
        {
          op: 'Conv',
          inputs: ['sample', 'w', 'b'],
          outputs: ['latent_parameters'],
          attributes: { strides: eight },
        },
      ],
      initializers: [
        weights('w', [8, 3, 8, 8], 1 / 192),
        {
          ...weights('b', [8], 0),
          data: { inline: new Uint8Array(Float32Array.of(0, 1, 2, 3, 90, 90, 90, 90).buffer) },
        },
      ],
    };
    const form = { batch: 1, width: 2, height: 1, tokens: 1 };
    const session = valueOf(await opened(graph, form));
    const pixels = new Float32Array(3 * 16 * 8).fill(0.5);
    const { mean } = valueOf(await session.run({ sample: pixels }));
    expect([...(mean ?? [])].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([
      0.5, 0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5,
    ]);
  });

  it('of the original TAESD takes and gives pictures of 0 to 1', async () => {
    const form = { batch: 1, width: 1, height: 1, tokens: 1 };
    const decoder = {
      inputs: [end('latent', 'f32', 'b', 4, 'h', 'w')],
      outputs: [end('image', 'f32', 'b', 3, 'high', 'wide')],
      nodes: [
        { op: 'Conv', inputs: ['latent', 'in'], outputs: ['a'] },
        { op: 'Resize', inputs: ['a', '', 'scales'], outputs: ['large'] },
        { op: 'Conv', inputs: ['large', 'out', 'b'], outputs: ['image'] },
      ],
      initializers: [
        weights('in', [8, 4, 1, 1], 0),
        weights('out', [3, 8, 1, 1], 1),
        weights('b', [3], 0.75),
        {
          ...weights('scales', [4], 1),
          data: { inline: new Uint8Array(Float32Array.of(1, 1, 8, 8).buffer) },
        },
      ],
    };
    const session = valueOf(await opened(decoder, form));
    const { sample } = valueOf(await session.run({ latent: new Float32Array(4) }));
    expect(sample).toEqual(new Float32Array(192).fill(0.5));
    const encoder = {
      inputs: [end('image', 'f32', 'b', 3, 'high', 'wide')],
      outputs: [end('latent', 'f32', 'b', 4, 'h', 'w')],
      nodes: [
        { op: 'Conv', inputs: ['image', 'in'], outputs: ['a'], attributes: { strides: eight } },
        { op: 'Conv', inputs: ['a', 'out'], outputs: ['latent'] },
      ],
      initializers: [weights('in', [16, 3, 8, 8], 1 / 192), weights('out', [4, 16, 1, 1], 1 / 16)],
    };
    const reader = valueOf(await opened(encoder, form));
    const { mean } = valueOf(await reader.run({ sample: new Float32Array(192).fill(-0.5) }));
    expect([...(mean ?? [])].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });
});
