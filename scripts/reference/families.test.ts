/** Every family's graph over real state dictionaries with small seeded weights, against spandrel's output. */

import { describe, expect, it } from 'vitest';
import type { Precision } from '../../src/architectures/graph-builder.ts';
import { buildGraph, networkRules, recognise, type Recognised } from '../../src/architectures/registry.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { Network } from '../models/run.ts';
import { expectedValues, fixtures, fixtureTable, givenPicture, keptValues, padded } from './fixture.ts';

async function recognised(fixture: string): Promise<[Recognised, TensorTable]> {
  const table = await fixtureTable(fixture);
  const network = recognise(table);
  if (!network.ok) throw new Error(network.error.message);
  return [network.value, table];
}

/** Of the graph's output from the expected one; largest and mean. */
async function difference(fixture: string, precision: Precision): Promise<{ most: number; mean: number }> {
  const [network, table] = await recognised(fixture);
  const graph = buildGraph(network, table, precision);
  if (!graph.ok) throw new Error(graph.error.message);
  const session = await Network.open(graph.value);
  const { multiple } = networkRules(network.family, network.structure);
  const output = await session.run(padded(givenPicture(), multiple));
  await session.release();
  const values = keptValues(output, network.scale);
  const expected = expectedValues(fixture);
  expect(values.length).toBe(expected.length);
  const off = values.map((value, index) => Math.abs(value - (expected[index] as number)));
  // A single NaN makes both NaN.
  return { most: off.reduce((a, b) => Math.max(a, b)), mean: off.reduce((a, b) => a + b) / off.length };
}

describe.each(fixtures())('%s', (fixture) => {
  it('is recognised by its names and shapes', async () => {
    const [{ family }] = await recognised(fixture);
    expect(family).toBe(fixture.split('-')[0]);
  });

  it('computes what torch computes', async () => {
    const { most } = await difference(fixture, 'fp32');
    expect(most).toBeLessThanOrEqual(1e-4);
  });

  it('computes nearly that in half precision', async () => {
    const { most, mean } = await difference(fixture, 'fp16');
    expect(most).toBeLessThanOrEqual(0.1);
    expect(mean).toBeLessThanOrEqual(0.01);
  });
});
