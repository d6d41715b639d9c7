/**
 * The runtime's fused attention on WebGPU against WASM by the width of a head, on devices with and without subgroups: what
 * src/architectures/ops/attention.ts and workers/engine/gpu-device.ts rest on.
 */

import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import { gpuBuild, loadRuntime } from '../../workers/engine/runtime.ts';
import { must } from './must.ts';

const [batch, heads, pixels] = [2, 2, 64];
const runtime = must(await loadRuntime(gpuBuild(), 2));

/** One node: queries and keys with heads of width `wide`, values with heads of `width`, a bias for each pair. */
function graph(wide: number, width: number): Uint8Array<ArrayBuffer> {
  const value = (name: string, shape: readonly number[]) => ({ name, dtype: 'f32', shape }) as const;
  return writeOnnx({
    name: 'attention',
    opset: 17,
    initializers: [],
    inputs: Object.entries(shapes(wide, width)).map(([name, shape]) => value(name, shape)),
    outputs: [value('output', [batch, pixels, heads * width])],
    nodes: [
      {
        op: 'MultiHeadAttention',
        domain: 'com.microsoft',
        inputs: ['query', 'key', 'value', '', '', 'bias'],
        outputs: ['output'],
        attributes: { num_heads: { int: heads }, scale: { float: width ** -0.5 } },
      },
    ],
  });
}

function shapes(wide: number, width: number): Record<'query' | 'key' | 'value' | 'bias', number[]> {
  return {
    query: [batch, pixels, heads * wide],
    key: [batch, pixels, heads * wide],
    value: [batch, pixels, heads * width],
    bias: [1, heads, pixels, pixels],
  };
}

function feeds(wide: number, width: number): Record<string, Tensor> {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  return Object.fromEntries(
    Object.entries(shapes(wide, width)).map(([name, shape]) => {
      const data = Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, next);
      return [name, new runtime.ort.Tensor('float32', data, shape)];
    }),
  );
}

async function outputOf(
  provider: InferenceSession.ExecutionProviderConfig,
  wide: number,
  width: number,
): Promise<Float32Array> {
  const session = await runtime.ort.InferenceSession.create(graph(wide, width), {
    executionProviders: [provider],
  });
  const { output } = await session.run(feeds(wide, width));
  await session.release();
  if (!(output?.data instanceof Float32Array)) throw new Error('No fp32 output.');
  return output.data;
}

describe.each([true, false])('attention on a device with subgroups: %s', (subgroups) => {
  it.each([
    [30, 30],
    [32, 32],
    [36, 32],
  ])('heads of %i and values of %i', async (wide, width) => {
    const adapter = await navigator.gpu.requestAdapter();
    const wanted: GPUFeatureName[] = subgroups ? ['subgroups'] : [];
    const device = await adapter?.requestDevice({ requiredFeatures: wanted });
    if (!adapter || !device) throw new Error('No adapter.');
    const expected = await outputOf({ name: 'wasm' }, wide, width);
    const found = await outputOf({ name: 'webgpu', device }, wide, width);
    device.destroy();
    const most = found.reduce(
      (sofar, value, at) => Math.max(sofar, Math.abs(value - (expected[at] ?? 0))),
      0,
    );
    console.log(
      `attention ${adapter.info.architecture}, subgroups of ${adapter.info.subgroupMinSize} to ${adapter.info.subgroupMaxSize}, ` +
        `asked for: ${wanted.join() || 'none'}; heads ${wide}, values ${width}: most ${most.toExponential(1)}`,
    );
    expect(Number.isFinite(most)).toBe(true);
  });
});
