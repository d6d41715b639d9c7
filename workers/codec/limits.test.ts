import { afterEach, describe, expect, it, vi } from 'vitest';
import { ok } from '../../src/base/result.ts';
import { samplePicture } from '../../src/formats/testing/sample-pictures.ts';

interface Behaviour {
  /** Canvases with a longer side, or more pixels, stay blank. */
  readonly side?: number;
  readonly pixels?: number;
  /** The file that encoding gives, whatever was asked for. */
  readonly file?: Blob;
  readonly failing?: boolean;
}

/** A browser whose canvases behave like this, and the codec's modules fresh in it. */
async function inBrowser({ side = 32_767, pixels = 2 ** 28, file, failing = false }: Behaviour) {
  class FakeCanvas {
    width: number;
    height: number;
    constructor(width: number, height: number) {
      [this.width, this.height] = [width, height];
    }
    getContext(): object {
      const holds = Math.max(this.width, this.height) <= side && this.width * this.height <= pixels;
      return {
        canvas: this,
        fillRect: () => undefined,
        clearRect: () => undefined,
        putImageData: () => undefined,
        getImageData: () => ({ data: holds ? [255, 255, 255, 255] : [0, 0, 0, 0] }),
      };
    }
    convertToBlob({ type }: { type: string }): Promise<Blob> {
      if (failing && this.width > 1) return Promise.reject(new Error('too large'));
      return Promise.resolve(file ?? new Blob(['?'], { type }));
    }
  }
  vi.stubGlobal('OffscreenCanvas', FakeCanvas);
  vi.stubGlobal('ImageData', Object);
  vi.resetModules();
  const { encodeOnCanvas } = await import('./encode-canvas.ts');
  const { checkFits, limitsOf } = await import('./limits.ts');
  const { Strips } = await import('./strips.ts');
  const read = vi.fn((_: string, { width, height }: { width: number; height: number }) =>
    Promise.resolve(ok({ width, height, data: new Uint8ClampedArray(width * height * 4) })),
  );
  const strips = (width: number, height: number) => new Strips({ read }, 'a', { width, height });
  return { checkFits, encodeOnCanvas, limitsOf, read, strips };
}

afterEach(() => vi.unstubAllGlobals());

const refused = (code: string): object => ({ ok: false, error: { code } });

describe('limits and canvases of other browsers', () => {
  it('knows a browser that writes another format than it was asked for', async () => {
    const { checkFits, encodeOnCanvas, limitsOf, strips } = await inBrowser({
      file: new Blob(['?'], { type: 'image/png' }),
    });
    expect(await limitsOf('webp')).toMatchObject(refused('format-unsupported'));
    expect(await checkFits('webp', { width: 1, height: 1 })).toMatchObject(refused('format-unsupported'));
    const tried = await encodeOnCanvas(strips(4, 4), 'webp', 1);
    expect(tried).toMatchObject({
      error: { message: 'This browser cannot write WebP files. Save it as PNG.' },
    });
    expect((await limitsOf('png')).ok).toBe(true);
  });

  it('finds the side at which canvases stay blank', async () => {
    const { checkFits, limitsOf } = await inBrowser({ side: 32_767 });
    expect(await limitsOf('jpeg')).toMatchObject({ ok: true, value: { side: 32_767 } });
    expect(await checkFits('jpeg', { width: 32_767, height: 1 })).toEqual(ok(null));
    expect(await checkFits('jpeg', { width: 1, height: 32_768 })).toMatchObject(refused('output-too-large'));
    expect(await checkFits('jpeg', { width: 20_000, height: 20_000 })).toMatchObject(
      refused('output-too-large'),
    );
    expect(await checkFits('png', { width: 20_000, height: 20_000 })).toEqual(ok(null));
    expect(await checkFits('png', { width: 30_000, height: 30_000 })).toMatchObject(
      refused('output-too-large'),
    );
  });

  it('refuses a canvas that would stay blank before a pixel is read', async () => {
    const { encodeOnCanvas, read, strips } = await inBrowser({ pixels: 4096 * 4096 });
    expect(await encodeOnCanvas(strips(5000, 5000), 'jpeg', 1)).toMatchObject(refused('output-too-large'));
    expect(read).not.toHaveBeenCalled();
  });

  it('refuses what the encoder fails at, or has scaled without a word', async () => {
    const failing = await inBrowser({ failing: true });
    expect(await failing.encodeOnCanvas(failing.strips(4, 4), 'jpeg', 1)).toMatchObject(
      refused('output-too-large'),
    );
    const scaling = await inBrowser({ file: new Blob([samplePicture('jpeg')], { type: 'image/jpeg' }) });
    expect(await scaling.encodeOnCanvas(scaling.strips(40, 24), 'jpeg', 1)).toMatchObject(
      refused('output-too-large'),
    );
    expect((await scaling.encodeOnCanvas(scaling.strips(20, 12), 'jpeg', 1)).ok).toBe(true);
  });
});
