/** A fixture of every family in less room: recognised again, and how far its pictures move. */

import { describe, expect, it } from 'vitest';
import { buildGraph, networkRules, recognise, type Recognised } from '../../src/architectures/registry.ts';
import { storeSmaller, type SmallerStorage } from '../../src/architectures/smaller.ts';
import { readSafetensors } from '../../src/formats/safetensors/reader.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { storageOf } from '../../src/models/imported.ts';
import { must } from '../bench/must.ts';
import { Network } from '../models/run.ts';
import { compare, type Difference } from './compare.ts';
import { expectedValues, fixtures, fixtureTable, givenPicture, keptValues, padded } from './fixture.ts';

/** Its file, read again. */
async function smaller(
  fixture: string,
  storage: SmallerStorage,
): Promise<{ before: Recognised; table: TensorTable; bytes: number }> {
  const given = await fixtureTable(fixture);
  const before = must(recognise(given));
  const stored = await storeSmaller(given, before, storage);
  if (!stored) throw new Error('It was stopped');
  return {
    before,
    table: must(await readSafetensors(writeSafetensors(stored, {}))),
    bytes: stored.blob.size / given.blob.size,
  };
}

/** From what torch computed with the weights as they were. */
async function difference(fixture: string, network: Recognised, table: TensorTable): Promise<Difference> {
  const session = await Network.open(must(buildGraph(network, table, 'fp32')));
  const { multiple } = networkRules(network.family, network.structure);
  const output = await session.run(padded(givenPicture(), multiple));
  await session.release();
  return compare(levels(keptValues(output, network.scale)), levels(expectedValues(fixture)));
}

function levels(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(Math.min(1, Math.max(0, value)) * 255));
}

/** Too few layers between the ends that keep their precision. */
const short = ['srvgg', 'upconv'];

/**
 * Random weights move more than trained ones. ATD sorts pixels by how alike they are, so that a small change can
 * move one into another group.
 */
const least: Readonly<Record<string, number>> = { atd: 30 };

const firsts = new Map([...fixtures()].reverse().map((fixture) => [fixture.split('-')[0] ?? '', fixture]));

it.each(fixtures())('%s is recognised in half precision and in 8 bits', async (fixture) => {
  for (const storage of ['fp16', 'q8'] as const) {
    const { before, table, bytes } = await smaller(fixture, storage);
    expect(must(recognise(table))).toEqual(before);
    expect(bytes).toBeLessThan(1);
  }
});

describe.each([...firsts])('%s', (family, fixture) => {
  it('gives the same picture in half precision, but for one level', async () => {
    const { before, table } = await smaller(fixture, 'fp16');
    expect(storageOf(table, before)).toBe('fp16');
    const { most, mean } = await difference(fixture, before, table);
    expect(most).toBeLessThanOrEqual(1);
    expect(mean).toBeLessThanOrEqual(0.001);
  });

  it('gives nearly that in 8 bits', async () => {
    const { before, table } = await smaller(fixture, 'q8');
    expect(storageOf(table, before)).toBe(short.includes(family) ? 'fp16' : 'q8');
    const { psnr } = await difference(fixture, before, table);
    expect(psnr).toBeGreaterThanOrEqual(least[family] ?? 35);
  });
});
