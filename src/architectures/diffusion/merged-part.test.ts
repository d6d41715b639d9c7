/** What a merge changed, taken out into a file and laid over the part again, is the merged part, whatever was replaced, added or dropped. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppendedTable, blobStore } from '../../formats/appended-table.ts';
import { TableWriter } from '../../formats/table-writer.ts';
import { tensorBytes } from '../../formats/tensor-bytes.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import { mergedFile, withMerged } from './merged-part.ts';

const names = ['a.weight', 'b.weight.q8', 'b.weight.scales', 'c'];

async function contents({ tensors, ...table }: TensorTable): Promise<unknown> {
  const listed = [...tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Promise.all(
    listed.map(async (entry) => [
      entry.name,
      entry.dtype,
      entry.shape,
      await tensorBytes({ ...table, tensors }, entry),
    ]),
  );
}

it('gives the merged part back', async () => {
  const change = fc.constantFrom('stays', 'replaced', 'dropped', 'widened');
  await fc.assert(
    fc.asyncProperty(fc.tuple(change, change, change, change), fc.boolean(), async (changes, added) => {
      const writer = new TableWriter();
      for (const [at, name] of names.entries()) writer.add(name, 'u8', [3], Uint8Array.of(at, 1, 2));
      const before = writer.finish();
      const appended = new AppendedTable(before, blobStore());
      const put = (name: string, bytes: number[], dtype: 'u8' | 'f32' = 'u8'): Promise<boolean> =>
        appended.put(
          { name, dtype, shape: [3] },
          (async function* () {
            yield Uint8Array.from(bytes);
          })(),
        );
      for (const [at, name] of names.entries()) {
        if (changes[at] === 'replaced') await put(name, [9, 9, at]);
        if (changes[at] === 'widened')
          await put(
            name,
            Array.from({ length: 12 }, (_, byte) => byte),
            'f32',
          );
        if (changes[at] === 'dropped') appended.drop(name);
      }
      if (added) await put('b.weight', [4, 5, 6]);
      const after = await appended.finish();
      const file = mergedFile(before, after);
      const again = await withMerged(before, file);
      if (!again.ok) throw new Error(again.error.message);
      expect(await contents(again.value)).toEqual(await contents(after));
      // Nothing that stayed is in the file.
      if (changes.every((one) => one === 'stays') && !added) expect(file.size).toBeLessThan(120);
    }),
    { numRuns: 40 },
  );
});

it('refuses a file that is cut', async () => {
  const writer = new TableWriter();
  writer.add('a', 'u8', [3], Uint8Array.of(1, 2, 3));
  const file = mergedFile({ blob: new Blob(), tensors: new Map() }, writer.finish());
  expect(await withMerged(writer.finish(), file.slice(0, file.size - 1))).toMatchObject({
    error: { code: 'model-damaged' },
  });
});
