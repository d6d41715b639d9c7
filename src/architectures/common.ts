/** What several families share: looking at a table's shapes, and what convolutions hold and cost. */

import type { TensorTable } from '../formats/tensor-table.ts';
import type { Structure, TensorSpec } from './architecture.ts';

/** The shape of a tensor if it is there and has this many dimensions. */
export function shapeOf(table: TensorTable, name: string, dimensions: number): readonly number[] | null {
  const shape = table.tensors.get(name)?.shape;
  return shape?.length === dimensions ? shape : null;
}

/** Picks positive integers by name; null when one is missing. */
export function numbers<K extends string>(given: Structure, names: readonly K[]): Record<K, number> | null {
  const picked: Partial<Record<K, number>> = {};
  for (const name of names) {
    const value = given[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) return null;
    picked[name] = value;
  }
  return picked as Record<K, number>; // every name was just set
}

/** Picks 0 or 1 by name, 0 where there is nothing; null when one is something else. */
export function flags<K extends string>(given: Structure, names: readonly K[]): Record<K, 0 | 1> | null {
  const picked: Partial<Record<K, 0 | 1>> = {};
  for (const name of names) {
    const value = given[name] ?? 0;
    if (value !== 0 && value !== 1) return null;
    picked[name] = value;
  }
  return picked as Record<K, 0 | 1>; // every name was just set
}

/** Whether this is a list of positive integers, and not an empty one. */
export function isSizes(value: number | readonly number[] | undefined): value is readonly number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((one) => Number.isSafeInteger(one) && one > 0)
  );
}

/** The smallest number that two positive integers divide. */
export function leastMultiple(a: number, b: number): number {
  let [larger, smaller] = [Math.max(a, b), Math.min(a, b)];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return (a * b) / larger;
}

/** Weight [outputs, inputs, kernel, kernel] and bias of one convolution. */
export function convolutionSpecs(name: string, outputs: number, inputs: number, kernel = 3): TensorSpec[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs, kernel, kernel] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
}

/** Two operations a weight and pixel; `area` is how many pixels a convolution computes for one of the input. */
export function convolutionFlops(specs: readonly TensorSpec[], area: (name: string) => number): number {
  let flops = 0;
  for (const { name, shape } of specs) {
    if (shape.length === 4) flops += 2 * shape.reduce((product, side) => product * side, 1) * area(name);
  }
  return flops;
}
