import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/formats/png/crc32.ts';
import { samplePicture } from '../../src/formats/testing/sample-pictures.ts';
import { inspectFile, openFile } from './open-file.ts';

const refused = (code: string): object => ({ ok: false, error: { code } });

/** A whole PNG whose header claims another size. */
function pngOfSize(width: number, height: number): Blob {
  const file = samplePicture('png');
  const view = new DataView(file.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  view.setUint32(29, crc32(file.subarray(12, 29)));
  return new Blob([file]);
}

class GiantBlob extends Blob {
  override get size(): number {
    return 2 ** 31;
  }
}

class VanishedBlob extends Blob {
  override slice(): Blob {
    return this;
  }
  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.reject(new DOMException('gone', 'NotFoundError'));
  }
}

describe('openFile', () => {
  it('opens a whole picture and says what matters for decoding', async () => {
    const opened = await openFile(new Blob([samplePicture('pngTurned')]));
    expect(opened).toMatchObject({
      ok: true,
      value: { kind: 'png', size: { width: 20, height: 12 }, orientation: 6, mayHaveAlpha: true },
    });
  });

  it('goes by the bytes, not by the name or type', async () => {
    const file = new File([samplePicture('webpOpaque')], 'photo.png', { type: 'image/png' });
    expect(await openFile(file)).toMatchObject({ ok: true, value: { kind: 'webp' } });
  });

  it('refuses what cannot be opened, each with its code', async () => {
    expect(await openFile(new Blob([]))).toMatchObject(refused('picture-empty'));
    expect(await openFile(new Blob(['%PDF-1.4']))).toMatchObject(refused('picture-unknown'));
    expect(await openFile(new Blob([samplePicture('jpeg').slice(0, 200)]))).toMatchObject(
      refused('picture-corrupt'),
    );
    expect(await openFile(new Blob([samplePicture('png').slice(0, 20)]))).toMatchObject(
      refused('picture-corrupt'),
    );
    expect(await openFile(new VanishedBlob(['x']))).toMatchObject(refused('picture-corrupt'));
  });

  it('refuses too many pixels and too large a file, with numbers', async () => {
    for (const [width, height] of [
      [65_536, 1],
      [1, 70_000],
      [16_385, 16_384],
    ] as const) {
      const large = await openFile(pngOfSize(width, height));
      expect(large).toMatchObject({ ...refused('picture-too-large'), error: { detail: { width, height } } });
      expect(!large.ok && large.error.message).toContain(`${width} x ${height}`);
    }
    expect(await openFile(pngOfSize(16_384, 16_384))).toMatchObject({ ok: true });
    expect(await openFile(new GiantBlob([samplePicture('png')]))).toMatchObject(refused('picture-too-large'));
  });
});

describe('inspectFile', () => {
  it.each([
    ['jpegProgressiveTurned', 12, 20],
    ['webpTurned', 12, 20],
    ['pngTurned', 12, 20],
    ['png', 20, 12],
  ] as const)('gives the size of %s as seen', async (name, width, height) => {
    expect(await inspectFile(new Blob([samplePicture(name)]))).toMatchObject({
      ok: true,
      value: { width, height },
    });
  });

  it('reads on where the head of the file is not enough', async () => {
    const jpeg = samplePicture('jpegProgressiveTurned');
    // Two comment segments of 60,000 bytes stand between the start and everything else.
    const comment = new Uint8Array(60_000);
    comment.set([0xff, 0xfe, (60_000 - 2) >> 8, (60_000 - 2) & 255]);
    const file = new Blob([jpeg.slice(0, 2), comment, comment, jpeg.slice(2)]);
    expect(await inspectFile(file)).toMatchObject({
      ok: true,
      value: { kind: 'jpeg', width: 12, height: 20 },
    });
  });

  it('fails as openFile does', async () => {
    expect(await inspectFile(new Blob([]))).toMatchObject(refused('picture-empty'));
    expect(await inspectFile(new Blob(['hello']))).toMatchObject(refused('picture-unknown'));
    expect(await inspectFile(new Blob([samplePicture('png').slice(0, 20)]))).toMatchObject(
      refused('picture-corrupt'),
    );
  });
});
