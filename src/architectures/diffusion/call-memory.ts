/** What a graph takes of a device's memory while it runs, reckoned from its shapes alone. */

import type { OnnxModel } from '../../formats/onnx/model.ts';
import { valueSizes } from './value-sizes.ts';

export interface CallMemory {
  /** Of the weights, as they are stored. */
  readonly weights: number;
  /** Of inputs and values that are needed at the same time, where there are most of them. */
  readonly values: number;
  /** Of the largest weight or value: what must be bound. */
  readonly largest: number;
}

/** In bytes, of a graph of ours with fixed shapes. Memory that the runtime holds on to for later values comes on top. */
export function callMemory(model: OnnxModel): CallMemory {
  const sizes = new Map(valueSizes(model).map(({ name, bytes }) => [name, bytes]));
  const bytesOf = (name: string): number => sizes.get(name) ?? 0;
  const fixed = new Set(model.initializers.map(({ name }) => name));
  const lastUse = new Map<string, number>();
  model.nodes.forEach(({ inputs, outputs }, index) => {
    for (const name of [...inputs, ...outputs]) lastUse.set(name, index);
  });
  for (const { name } of model.outputs) lastUse.set(name, model.nodes.length);

  let alive = model.inputs.reduce((sum, { name }) => sum + bytesOf(name), 0);
  let most = alive;
  model.nodes.forEach(({ inputs, outputs }, index) => {
    for (const name of outputs) alive += bytesOf(name);
    most = Math.max(most, alive);
    for (const name of new Set([...inputs, ...outputs])) {
      if (!fixed.has(name) && lastUse.get(name) === index) alive -= bytesOf(name);
    }
  });
  return {
    weights: [...fixed].reduce((sum, name) => sum + bytesOf(name), 0),
    values: most,
    largest: Math.max(0, ...sizes.values()),
  };
}
