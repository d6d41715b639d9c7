/**
 * Reads a bitmap's pixels with straight alpha. A 2D canvas stores premultiplied colours, so whatever
 * lies under low alpha would be lost in it; a WebGL texture keeps the bytes as they are. Whether that
 * holds in this browser is tried once, with a picture of which every pixel is known.
 */

import { writePng } from '../../src/formats/png/write.ts';
import { ok } from '../../src/base/result.ts';
import type { Rect } from '../../src/picture/geometry.ts';

/** Reads one rectangle of a bitmap into RGBA bytes. */
export type PixelReader = (bitmap: ImageBitmap, rect: Rect) => Uint8ClampedArray<ArrayBuffer>;

/** How bitmaps must be decoded for the readers here. */
export const STRAIGHT: ImageBitmapOptions = { premultiplyAlpha: 'none', imageOrientation: 'from-image' };

/** Tiles of at most this side suit every GPU. */
export const READ_SIDE = 2048;

let exactReader: Promise<PixelReader | null> | undefined;

/** A reader that was seen to give every pixel exactly, or null where there is none. */
export function straightReader(): Promise<PixelReader | null> {
  exactReader ??= tryReader();
  return exactReader;
}

/** Lets go of a reader that failed (a lost GPU): the next call of `straightReader` makes a new one. */
export function forgetReader(): void {
  exactReader = undefined;
}

/** Exact for opaque pixels only. */
export function canvasReader(): PixelReader {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return (bitmap, { x, y, width, height }) => {
    if (!context) throw new Error('This browser gives workers no 2D canvas.');
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    context.clearRect(0, 0, width, height);
    context.drawImage(bitmap, -x, -y);
    return context.getImageData(0, 0, width, height).data;
  };
}

async function tryReader(): Promise<PixelReader | null> {
  const reader = textureReader();
  if (reader === null) return null;
  const side = 64;
  const pixels = Uint8ClampedArray.from({ length: side * side * 4 }, (_, i) =>
    i % 4 === 3 ? (i >> 2) & 255 : (Math.imul(i, 0x9e3779b1) >>> 24) & 255,
  );
  const rows = (y: number, height: number): Uint8ClampedArray<ArrayBuffer> =>
    pixels.slice(y * side * 4, (y + height) * side * 4);
  const file = await writePng({
    width: side,
    height: side,
    depth: 8,
    alpha: true,
    read: (y, height) => Promise.resolve(ok({ width: side, height, data: rows(y, height) })),
  });
  if (!file.ok) return null;
  try {
    const bitmap = await createImageBitmap(file.value, STRAIGHT);
    const rect = { x: 3, y: 5, width: side - 3, height: side - 5 };
    const read = reader(bitmap, rect);
    bitmap.close();
    return read.every((byte, i) => {
      const [pixel, channel] = [i >> 2, i & 3];
      const at = (rect.y + Math.floor(pixel / rect.width)) * side + rect.x + (pixel % rect.width);
      return byte === pixels[at * 4 + channel];
    })
      ? reader
      : null;
  } catch {
    return null;
  }
}

/** Uploads a rectangle as a texture without any conversion and reads it back. Throws on a lost GPU. */
function textureReader(): PixelReader | null {
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext('webgl2', { antialias: false });
  if (!gl) return null;
  canvas.addEventListener('webglcontextlost', forgetReader);
  const texture = gl.createTexture();
  const framebuffer = gl.createFramebuffer();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  return (bitmap, { x, y, width, height }) => {
    gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, x);
    gl.pixelStorei(gl.UNPACK_SKIP_ROWS, y);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const bytes = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    const error = gl.getError();
    if (error !== gl.NO_ERROR) throw new Error(`The GPU did not give the pixels back (${error}).`);
    return new Uint8ClampedArray(bytes.buffer);
  };
}
