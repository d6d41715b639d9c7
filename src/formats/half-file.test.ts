/** A table written as a file in half precision has the tensors that converting it gives, and stops when it is told to. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobStore } from './appended-table.ts';
import { convertTable } from './convert-table.ts';
import { planHalfFile, shrinks } from './half-file.ts';
import { readNotes } from './safetensors/notes.ts';
import { readSafetensors } from './safetensors/reader.ts';
import { TableWriter } from './table-writer.ts';
import { tensorBytes } from './tensor-bytes.ts';
import type { TensorTable } from './tensor-table.ts';

type Given = readonly { readonly dtype: 'f32' | 'f64' | 'bf16' | 'f16' | 'i64'; readonly values: number[] }[];

const edges = fc.constantFrom(65504, 65519.99, 65520, -65520, 1e30, Infinity, -0, 1e-8);

function tableOf(given: Given): TensorTable {
  const writer = new TableWriter();
  for (const [at, { dtype, values }] of given.entries()) {
    const singles = Float32Array.from(values);
    const stored = {
      f32: () => singles,
      f64: () => Float64Array.from(values),
      bf16: () => Uint16Array.from(new Uint32Array(singles.buffer), (bits) => bits >>> 16),
      f16: () => Uint16Array.from(values, (_, index) => index),
      i64: () => BigInt64Array.from(values, () => 7n),
    }[dtype]();
    writer.add(`tensor ${at}`, dtype, [values.length], stored);
  }
  return writer.finish();
}

async function fileOf(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of pieces) parts.push(piece);
  return new Blob(parts);
}

describe('a file in half precision', () => {
  it('has what converting the table gives, of the size that was told', async () => {
    const given = fc.array(
      fc.record({
        dtype: fc.constantFrom('f32', 'f64', 'bf16', 'f16', 'i64'),
        values: fc.array(fc.oneof(fc.float({ noNaN: true }), edges), { minLength: 1, maxLength: 9 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(given, async (tensors) => {
        const table = tableOf(tensors);
        const shrinking = [...table.tensors.values()].filter(shrinks).map(({ name }) => name);
        const converted = await convertTable(table, 'f16', shrinking, blobStore());
        const planned = await planHalfFile(table, { note: 'kept' });
        if (!planned || !converted) throw new Error('not planned');
        const blob = await fileOf(planned.pieces());
        expect(blob.size).toBe(planned.bytes);
        expect(planned.overflowing).toEqual(converted.overflowing);
        const read = await readSafetensors(blob);
        if (!read.ok) throw new Error(read.error.message);
        expect(await readNotes(blob)).toEqual({ note: 'kept' });
        expect(read.value.tensors.size).toBe(table.tensors.size);
        for (const entry of converted.table.tensors.values()) {
          const own = read.value.tensors.get(entry.name);
          expect(own).toMatchObject({ dtype: entry.dtype, shape: entry.shape });
          if (own)
            expect(await tensorBytes(read.value, own)).toEqual(await tensorBytes(converted.table, entry));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('ends where it is told to, while it looks and while it writes', async () => {
    const table = tableOf([
      { dtype: 'f32', values: [1] },
      { dtype: 'f32', values: [2] },
    ]);
    expect(await planHalfFile(table, {}, (done) => done === 0)).toBeNull();
    const planned = await planHalfFile(table, {});
    if (!planned) throw new Error('not planned');
    expect((await fileOf(planned.pieces((done) => done === 0))).size).toBe(planned.bytes - 2);
  });
});
