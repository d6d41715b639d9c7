/** Each family's graph with tiny made-up weights, against numpy networks written after the papers. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Structure } from '../../src/architectures/architecture.ts';
import type { Family } from '../../src/architectures/family.ts';
import { buildGraph, networkTensors, recognise } from '../../src/architectures/registry.ts';
import { Network, type Planes } from '../models/run.ts';
import { seeded, seededTable } from './seeded.ts';

const cases: [Family, number, Structure][] = [
  ['srvgg', 0, { features: 4, convs: 1, scale: 2 }],
  ['srvgg', 1, { features: 7, convs: 3, scale: 4 }],
  ['esrgan', 0, { features: 4, growth: 2, blocks: 1 }],
  ['esrgan', 1, { features: 6, growth: 3, blocks: 2 }],
  ['rdn', 0, { features: 4, growth: 3, blocks: 2, layers: 2, scale: 2 }],
  ['rdn', 1, { features: 5, growth: 4, blocks: 3, layers: 1, scale: 3 }],
  ['rrdn', 0, { features: 5, growth: 3, blocks: 2, dense: 2, layers: 2, scale: 2 }],
  ['rrdn', 1, { features: 4, growth: 4, blocks: 1, dense: 3, layers: 3, scale: 4 }],
];

const input: Planes = { width: 7, height: 5, data: seeded('input', [3, 5, 7], 0, 1) };

describe.each(cases)('%s %i', (family, index, structure) => {
  const table = seededTable(networkTensors(family, structure));

  it('is recognised by its tensors', () => {
    expect(recognise(table)).toMatchObject({ ok: true, value: { family, structure } });
  });

  it.each([
    ['fp32', 1e-4],
    ['fp16', 1e-2],
  ] as const)('computes what the paper says in %s', async (precision, tolerance) => {
    const network = recognise(table);
    if (!network.ok) throw new Error(network.error.message);
    const graph = buildGraph(network.value, table, precision);
    if (!graph.ok) throw new Error(graph.error.message);
    const session = await Network.open(graph.value);
    const output = await session.run(input);
    await session.release();
    const file = readFileSync(join(import.meta.dirname, 'expected', `tiny-${family}-${index}.f32`));
    const expected = new Float32Array(new Uint8Array(file).buffer);
    expect(output.data.length).toBe(expected.length);
    const most = output.data.reduce(
      (max, value, i) => Math.max(max, Math.abs(value - (expected[i] ?? 0))),
      0,
    );
    expect(most).toBeLessThanOrEqual(tolerance);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5); // there is something to compare
  });
});
