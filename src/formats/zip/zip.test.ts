import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../testing/zip.ts';
import { memberBlob, memberHead } from './member.ts';
import { dataOffset, readZip } from './reader.ts';

const text = new TextEncoder().encode('all work and no play '.repeat(500));
const members = [
  { name: 'folder/', data: new Uint8Array(0) },
  { name: 'folder/plain', data: text, padding: 37 },
  { name: 'packed', data: text, packed: true },
  { name: 'empty', data: new Uint8Array(0) },
];

async function entriesOf(blob: Blob) {
  const result = await readZip(blob);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('a ZIP archive', () => {
  it.each([false, true])('gives its members (Zip64: %s)', async (wide) => {
    const blob = new Blob([await zipOf(members, { wide })]);
    const entries = await entriesOf(blob);
    expect(entries.map(({ name, stored }) => [name, stored])).toEqual([
      ['folder/plain', true],
      ['packed', false],
      ['empty', true],
    ]);
    const contents = await Promise.all(entries.map((entry) => memberBlob(blob, entry)));
    for (const [index, expected] of [text, text, new Uint8Array(0)].entries()) {
      const content = contents[index];
      if (!content?.ok) throw new Error('No content');
      expect(new Uint8Array(await content.value.arrayBuffer())).toEqual(new Uint8Array(expected));
      const entry = entries[index];
      if (entry) expect(await memberHead(blob, entry, 10)).toEqual(new Uint8Array(expected.subarray(0, 10)));
    }
  });

  it('may have a comment that looks like its end', async () => {
    const archive = await zipOf(members);
    const comment = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(17), 9);
    archive[archive.length - 2] = comment.length;
    expect(await entriesOf(new Blob([archive, comment]))).toHaveLength(3);
  });

  it('whose member breaks or lies about its size fails', async () => {
    const archive = await zipOf(members);
    const blob = new Blob([archive]);
    const [, packed] = await entriesOf(blob);
    if (!packed) throw new Error('No member');
    const start = (await dataOffset(blob, packed)) ?? 0;
    const broken = new Blob([
      archive.map((byte, index) => (index >= start && index < start + 20 ? 255 : byte)),
    ]);
    expect(await memberBlob(broken, packed)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    for (const bytes of [text.length - 1, text.length + 1, 2 ** 50]) {
      expect(await memberBlob(blob, { ...packed, bytes })).toMatchObject({ ok: false });
    }
  });

  it.each([
    ['is cut', (archive: Uint8Array<ArrayBuffer>) => archive.slice(0, -30)],
    ['is empty', () => new Uint8Array(0)],
    ['points behind its end', (archive: Uint8Array<ArrayBuffer>) => archive.with(archive.length - 3, 9)],
    ['counts too much', (archive: Uint8Array<ArrayBuffer>) => archive.with(archive.length - 12, 99)],
  ])('fails when it %s', async (_, change) => {
    const result = await readZip(new Blob([change(await zipOf(members))]));
    expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('never throws, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 6 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        async (wide, changes, cut) => {
          const archive = await zipOf(members, { wide });
          // Most of what can break is at the end.
          const from = archive.length - 420;
          for (const [where, to] of changes) archive[Math.floor(from + where * 419)] = to;
          const blob = new Blob([cut === null ? archive : archive.slice(0, cut * archive.length)]);
          const result = await readZip(blob);
          if (!result.ok) return;
          for (const entry of result.value) {
            await memberBlob(blob, entry);
            await memberHead(blob, entry, 16);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
