/**
 * What a runtime on a GPU holds while a graph runs, weights apart: it keeps the buffer of a value that is done for the next one of its size,
 * and gives none back before the session ends. Reshaping makes no value, and what depends on weights alone is made once.
 */

import { valueSizes } from '../../src/architectures/diffusion/value-sizes.ts';
import type { OnnxModel } from '../../src/formats/onnx/model.ts';

const views = new Set(['Reshape', 'Identity']);

/** In bytes; the graph's shapes are fixed. */
export function heldBytes(model: OnnxModel): number {
  const sizes = new Map(valueSizes(model).map(({ name, bytes }) => [name, bytes]));
  const constant = new Set(['', ...model.initializers.map(({ name }) => name)]);
  const owners = new Map<string, string>();
  const ownerOf = (name: string): string => owners.get(name) ?? name;
  const lastUse = new Map<string, number>();
  for (const [index, { op, inputs, outputs }] of model.nodes.entries()) {
    if (inputs.every((input) => constant.has(input))) for (const output of outputs) constant.add(output);
    const [first = ''] = inputs;
    if (views.has(op)) for (const output of outputs) owners.set(output, ownerOf(first));
    for (const name of [...inputs, ...outputs]) lastUse.set(ownerOf(name), index);
  }
  for (const { name } of model.outputs) lastUse.set(ownerOf(name), model.nodes.length);

  const free = new Map<number, number>();
  let held = 0;
  const take = (name: string): void => {
    const bytes = sizes.get(name) ?? 0;
    const spare = free.get(bytes) ?? 0;
    if (spare > 0) free.set(bytes, spare - 1);
    else held += bytes;
  };
  for (const { name } of model.inputs) take(name);
  for (const [index, { inputs, outputs }] of model.nodes.entries()) {
    for (const name of outputs) if (!constant.has(name) && ownerOf(name) === name) take(name);
    for (const name of new Set([...inputs, ...outputs].map(ownerOf))) {
      if (constant.has(name) || lastUse.get(name) !== index) continue;
      const bytes = sizes.get(name) ?? 0;
      free.set(bytes, (free.get(bytes) ?? 0) + 1);
    }
  }
  return held;
}
