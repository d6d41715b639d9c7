import { describe, expect, it } from 'vitest';
import type { OnnxModel } from '../../formats/onnx/model.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorSpec } from '../architecture.ts';
import { callMemory } from './call-memory.ts';
import { buildPart } from './part.ts';
import { unetWith } from './unet.ts';

/** A value of 4 numbers through a chain: a sum with a weight, and that with itself again. */
const chain: OnnxModel = {
  name: 'chain',
  opset: 17,
  inputs: [{ name: 'a', dtype: 'f32', shape: [4] }],
  outputs: [{ name: 'd', dtype: 'f16', shape: [4] }],
  nodes: [
    { op: 'Add', inputs: ['a', 'w'], outputs: ['b'] },
    { op: 'Mul', inputs: ['b', 'b'], outputs: ['c'] },
    { op: 'Cast', inputs: ['c'], outputs: ['d'], attributes: { to: { int: 10 } } },
  ],
  initializers: [{ name: 'w', dtype: 'f32', shape: [4], data: { inline: new Uint8Array(16) } }],
};

/** Stable Diffusion 1.5. */
const published = {
  channels: 4,
  widths: [320, 640, 1280, 1280],
  layers: [2, 2, 2, 2],
  depths: [1, 1, 1, 0],
  heads: [8, 8, 8, 8],
  middleLayers: 2,
  middleDepth: 1,
  context: 768,
  embedding: 1280,
  condition: 0,
  linear: 0,
  outputs: 4,
  upLayers: [3, 3, 3, 3],
  upDepths: [0, 1, 1, 1],
} as const;

/** Halves that are not there: only shapes are looked at. */
function halves(specs: readonly TensorSpec[]): TensorTable {
  const entries = specs.map(({ name, shape }) => {
    return [name, { name, dtype: 'f16', shape, offset: 0, bytes: 2 * valueCount(shape) }] as const;
  });
  return { blob: new Blob(), tensors: new Map(entries) };
}

function memoryOf(batch: number) {
  const part = unetWith({ flash: true });
  const form = { batch, height: 64, width: 64, tokens: 77 };
  const built = buildPart(part, halves(part.tensors(published)), published, form, 'fp16');
  if (!built.ok) throw new Error(built.error.message);
  return callMemory(built.value);
}

describe('the memory of a call', () => {
  it('is that of the weights and of what is needed at the same time', () => {
    // Two values of 16 bytes at a time, and never all.
    expect(callMemory(chain)).toEqual({ weights: 16, values: 32, largest: 16 });
  });

  it('is that of Stable Diffusion 1.5, whose values are doubled by two calls at once, and whose weights are not', () => {
    const [one, two] = [memoryOf(1), memoryOf(2)];
    expect(one.weights / 1e9).toBeCloseTo(1.72, 2);
    expect(Math.abs(two.weights - one.weights)).toBeLessThan(1e4);
    expect(two.values / one.values).toBeCloseTo(2, 1);
    expect(two.values).toBeLessThan(120e6);
  });
});
