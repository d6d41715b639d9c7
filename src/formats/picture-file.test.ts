import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkWhole, pictureKind, readPictureHeader } from './picture-file.ts';
import type { PictureHeader } from './picture-header.ts';
import { sniff, type PictureKind } from './sniff.ts';
import { sampleNames, samplePicture, type SampleName } from './testing/sample-pictures.ts';

function kindOf(name: SampleName): PictureKind {
  const kind = pictureKind(samplePicture(name));
  if (!kind.ok) throw new Error(kind.error.message);
  return kind.value;
}

function headerOf(name: SampleName, bytes: Uint8Array = samplePicture(name)): PictureHeader {
  const header = readPictureHeader(kindOf(name), bytes);
  if (!header.ok) throw new Error(header.error.message);
  return header.value;
}

describe('pictureKind', () => {
  it('refuses an empty file', () => {
    expect(pictureKind(new Uint8Array(0))).toMatchObject({ ok: false, error: { code: 'picture-empty' } });
  });

  it('names what is not a picture and says what to do', () => {
    const refused = pictureKind(new TextEncoder().encode('%PDF-1.4 ...'));
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'picture-unknown', detail: { is: 'a PDF document' } },
    });
    expect(!refused.ok && refused.error.message).toMatch(/it is a PDF document\. Export its page as PNG/);
  });
});

describe('readPictureHeader', () => {
  it.each(sampleNames)('reads the size of %s', (name) => {
    const { width, height } = headerOf(name);
    const expected =
      name === 'bmp' ? [4, 3] : name === 'ico' ? [8, 5] : name === 'avifTurned' ? [12, 20] : [20, 12];
    expect([width, height]).toEqual(expected);
  });

  it.each([
    ['jpeg', null],
    ['jpegProgressiveTurned', 6],
    ['webpAlpha', null],
    ['webpTurned', 6],
    ['png', null],
    ['pngTurned', 6],
    ['avifTurned', null],
  ] as const)('reads the orientation of %s', (name, value) => {
    expect(headerOf(name).orientation?.value ?? null).toBe(value);
    expect(headerOf(name).orientationMayFollow).toBe(false);
  });

  it('gives what makes a file upright, leaving it whole', () => {
    for (const name of ['jpegProgressiveTurned', 'webpTurned', 'pngTurned'] as const) {
      const file = samplePicture(name);
      const removal = headerOf(name).orientation?.removal;
      if (!removal) throw new Error('no removal');
      const upright = new Uint8Array([
        ...file.slice(0, removal.start),
        ...removal.bytes,
        ...file.slice(removal.end),
      ]);
      expect(headerOf(name, upright)).toMatchObject({ width: 20, height: 12 });
      expect(headerOf(name, upright).orientation?.value ?? 1).toBe(1);
      expect(checkWhole(kindOf(name), upright)).toEqual({ ok: true, value: null });
    }
  });

  it('says when the orientation stands behind the bytes that were given', () => {
    expect(headerOf('webpTurned', samplePicture('webpTurned').slice(0, 100)).orientationMayFollow).toBe(true);
    expect(headerOf('png', samplePicture('png').slice(0, 60)).orientationMayFollow).toBe(true);
    expect(headerOf('webpOpaque', samplePicture('webpOpaque').slice(0, 60)).orientationMayFollow).toBe(false);
  });

  it.each([
    ['jpeg', false],
    ['webpOpaque', false],
    ['webpAlpha', true],
    ['webpLossless', true],
    ['png', true],
    ['pngPalette', false],
    ['bmp', false],
    ['gif', true],
  ] as const)('says whether %s may be transparent', (name, mayHaveAlpha) => {
    expect(headerOf(name).mayHaveAlpha).toBe(mayHaveAlpha);
  });

  it('fails with picture-corrupt on a head that is too short', () => {
    for (const name of sampleNames) {
      expect(readPictureHeader(kindOf(name), samplePicture(name).slice(0, 9))).toMatchObject({
        ok: false,
        error: { code: 'picture-corrupt' },
      });
    }
  });
});

describe('checkWhole', () => {
  it.each(sampleNames)('takes %s, with bytes behind its end as well', (name) => {
    const file = samplePicture(name);
    expect(checkWhole(kindOf(name), file)).toEqual({ ok: true, value: null });
    if (kindOf(name) === 'avif') return; // there, everything belongs to a box
    expect(checkWhole(kindOf(name), new Uint8Array([...file, 1, 2, 3, 0xff]))).toEqual({
      ok: true,
      value: null,
    });
  });

  it.each(sampleNames)('finds %s cut short wherever it is cut', (name) => {
    const file = samplePicture(name);
    // What follows the first frame of a GIF is not needed.
    const end = kindOf(name) === 'gif' ? file.length - 1 : file.length;
    for (let length = 30; length < end; length++) {
      expect(checkWhole(kindOf(name), file.slice(0, length)), `${length} bytes`).toMatchObject({
        ok: false,
        error: { code: 'picture-corrupt' },
      });
    }
  });

  it('finds a changed byte in the pixels of a PNG', () => {
    const file = samplePicture('png');
    const data = file.length - 30;
    file[data] = (file[data] ?? 0) ^ 1;
    expect(checkWhole('png', file)).toMatchObject({ ok: false, error: { detail: { how: 'damaged' } } });
  });
});

it('no reader throws on damaged files', () => {
  const damaged = fc
    .tuple(
      fc.constantFrom(...sampleNames),
      fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
    )
    .map(([name, edits, cut, atHead]) => {
      const file = samplePicture(name);
      const range = atHead ? Math.min(64, file.length) : file.length;
      for (const [at, byte] of edits) file[Math.floor(at * range)] = byte;
      return { name, file: file.slice(0, Math.ceil(cut * file.length)) };
    });
  fc.assert(
    fc.property(damaged, ({ name, file }) => {
      sniff(file);
      const kind = kindOf(name);
      checkWhole(kind, file);
      const header = readPictureHeader(kind, file);
      if (!header.ok) return;
      expect(header.value.width).toBeGreaterThan(0);
      expect(header.value.height).toBeGreaterThan(0);
      const removal = header.value.orientation?.removal;
      if (removal) expect(removal.end).toBeLessThanOrEqual(file.length);
    }),
    { numRuns: 3000 },
  );
});
