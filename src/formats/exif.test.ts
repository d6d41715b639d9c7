import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOrientation, swapsSides } from './exif.ts';

function tiff(little: boolean, entries: readonly (readonly [tag: number, type: number, value: number])[]) {
  const bytes = new Uint8Array(10 + entries.length * 12 + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(little ? [0x49, 0x49] : [0x4d, 0x4d]);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, entries.length, little);
  entries.forEach(([tag, type, value], i) => {
    view.setUint16(10 + i * 12, tag, little);
    view.setUint16(12 + i * 12, type, little);
    view.setUint32(14 + i * 12, 1, little);
    view.setUint16(18 + i * 12, value, little);
  });
  return bytes;
}

describe('readOrientation', () => {
  it.each([true, false])(
    'reads all eight values, little-endian %s, and says how to remove them',
    (little) => {
      for (let value = 1; value <= 8; value++) {
        const data = tiff(little, [
          [0x0100, 3, 7],
          [0x0112, 3, value],
        ]);
        const file = new Uint8Array([9, 9, 9, ...data]);
        const tag = readOrientation(file, 3, file.length);
        expect(tag?.value).toBe(value);
        if (tag) file.set(tag.removal.bytes, tag.removal.start);
        expect(readOrientation(file, 3, file.length)?.value).toBe(1);
      }
    },
  );

  it.each([
    ['no entry', tiff(true, [[0x0100, 3, 1]])],
    ['value 0', tiff(true, [[0x0112, 3, 0]])],
    ['value 9', tiff(true, [[0x0112, 3, 9]])],
    ['a wrong type', tiff(true, [[0x0112, 4, 6]])],
    ['no bytes', new Uint8Array(0)],
    ['another byte order mark', new Uint8Array(40).fill(0x49, 0, 1)],
    ['a directory beyond the end', tiff(true, []).map((byte, i) => (i === 4 ? 200 : byte))],
  ])('gives null for %s', (_, data) => {
    expect(readOrientation(data, 0, data.length)).toBeNull();
  });

  it('never throws and never points outside, whatever the bytes are', () => {
    const real = tiff(false, [[0x0112, 3, 6]]);
    const mutated = fc
      .array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 })
      .map((edits) => edits.reduce((bytes, [at, byte]) => (bytes.set([byte], at), bytes), real.slice()));
    fc.assert(
      fc.property(mutated, fc.nat(40), fc.integer({ min: -4, max: 60 }), (bytes, at, end) => {
        const tag = readOrientation(bytes, at, end);
        if (tag) expect(tag.removal.end).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

it('swaps the sides from orientation 5 on', () => {
  expect(([1, 2, 3, 4, 5, 6, 7, 8] as const).map(swapsSides)).toEqual([
    false, false, false, false, true, true, true, true,
  ]); // prettier-ignore
});
