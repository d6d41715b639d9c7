/** ONNX files of other programs: what the engine's graph around them gives, against onnxruntime on the file itself (`foreign.py`). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { cropPlanes, planesOf } from '../models/planes.ts';
import { foreignFile, wrappedSession } from './foreign.ts';
import { foreignGraph, type ForeignEnd } from '../../src/architectures/foreign.ts';
import { inOneFile } from '../../src/formats/onnx/rewrite.ts';
import { readOnnx } from '../../src/formats/onnx/reader.ts';
import { padPlanes, cropPlanes as crop } from '../../src/tiles/pad.ts';

const end: ForeignEnd = {
  name: 'input',
  dtype: 'f32',
  layout: 'nchw',
  channels: 3,
  range: 'unit',
  order: 'rgb',
};

const cases: Readonly<Record<string, Partial<ForeignEnd>>> = {
  plain: {},
  external: {},
  nhwc: { layout: 'nhwc' },
  half: { dtype: 'f16' },
  bytes: { dtype: 'u8', range: 'byte' },
  'range-255': { range: 'byte' },
  signed: { range: 'signed' },
  fixed: {},
  'multiple-8': {},
  grey: { channels: 1 },
  turned: {},
};

const size = { width: 24, height: 24 };

describe('a foreign network', () => {
  it.each(Object.keys(cases))('gives through our ends what it gives: %s', async (name) => {
    const header = await foreignFile(name);
    const input = { ...end, ...cases[name] };
    const output = { ...input, name: 'output', ...(name === 'turned' ? { order: 'bgr' as const } : {}) };
    const graph = await foreignGraph(header, { input, output, scale: 2 });
    if (!graph.ok) throw new Error(graph.error.message);
    const run = await wrappedSession(graph.value);

    const picture = planesOf(decode(readFileSync(join(import.meta.dirname, 'picture.png'))));
    const given = cropPlanes(picture, { x: 8, y: 4, ...size });
    const rules = name === 'fixed' ? { multiple: 1, fixed: { width: 64, height: 64 } } : { multiple: 1 };
    const padded = padPlanes(Float32Array.from(given.data), size, rules);
    const twice = { width: padded.size.width * 2, height: padded.size.height * 2 };
    const got = crop(await run(padded.planes, padded.size), twice, { width: 48, height: 48 });

    const file = readFileSync(join(import.meta.dirname, 'foreign', `${name}.f32`));
    const expected = new Float32Array(new Uint8Array(file).buffer);
    const compared = name === 'grey' ? brightness(got) : got;
    expect(compared.length).toBe(expected.length);
    // The step of half precision is 0.0005 below 1, and that of 8 bits 0.004: a value between two may fall to either side.
    const steps = name === 'bytes' ? 1.01 / 255 : name === 'half' ? 1e-3 : 1e-4;
    expect(largestDifference(compared, expected)).toBeLessThan(steps);
    expect(meanDifference(compared, expected)).toBeLessThan(1e-4);
  });

  it('keeps the colours of a picture that it sees in grey', async () => {
    const header = await foreignFile('grey');
    const grey = { ...end, channels: 1 };
    const graph = await foreignGraph(header, { input: grey, output: { ...grey, name: 'output' }, scale: 2 });
    if (!graph.ok) throw new Error(graph.error.message);
    const run = await wrappedSession(graph.value);
    const colour = [0.9, 0.4, 0.1];
    const flat = Float32Array.from({ length: 3 * 100 }, (_, i) => colour[Math.floor(i / 100)] ?? 0);
    const result = await run(flat, { width: 10, height: 10 });
    for (const [channel, value] of colour.entries()) {
      const other = (channel + 1) % 3;
      const seen = (result[channel * 400 + 210] ?? 0) - (result[other * 400 + 210] ?? 0);
      expect(seen).toBeCloseTo(value - (colour[other] ?? 0), 4);
      // At the edge too.
      expect((result[channel * 400] ?? 0) - (result[other * 400] ?? 0)).toBeCloseTo(
        value - (colour[other] ?? 0),
        4,
      );
    }
  });

  it('is kept as one file that needs no other', async () => {
    const header = await foreignFile('external');
    const again = await readOnnx(inOneFile(header));
    if (!again.ok) throw new Error(again.error.message);
    expect(again.value.beside).toEqual([]);
    expect(again.value.graph.inputs).toEqual(header.graph.inputs);
    const graph = await foreignGraph(again.value, {
      input: end,
      output: { ...end, name: 'output' },
      scale: 2,
    });
    const first = await foreignGraph(header, { input: end, output: { ...end, name: 'output' }, scale: 2 });
    if (!graph.ok || !first.ok) throw new Error('No graph');
    const planes = Float32Array.from({ length: 3 * 100 }, (_, i) => (i % 7) / 7);
    const ten = { width: 10, height: 10 };
    const results = [
      await (await wrappedSession(graph.value))(planes, ten),
      await (await wrappedSession(first.value))(planes, ten),
    ];
    expect(results[0]).toEqual(results[1]);
  });
});

function brightness(planes: Float32Array): Float32Array {
  const count = planes.length / 3;
  return Float32Array.from(
    { length: count },
    (_, i) =>
      0.299 * (planes[i] ?? 0) + 0.587 * (planes[i + count] ?? 0) + 0.114 * (planes[i + 2 * count] ?? 0),
  );
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? NaN)), 0) / a.length;
}
