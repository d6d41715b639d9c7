/**
 * Writes JPEG and WebP with the browser's encoders, over a canvas that is filled strip by strip.
 * JPEG has no transparency: pictures are laid over white. WebP keeps alpha, but the canvas holds
 * premultiplied colours, so colours under low alpha are rounded.
 */

import { ok, type Result } from '../../src/base/result.ts';
import { readPictureHeader } from '../../src/formats/picture-file.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { SaveFormat } from '../../src/protocol/codec.ts';
import { limitsOf, openCanvas, outputTooLarge, unsupported } from './limits.ts';
import type { Strips } from './strips.ts';

export async function encodeOnCanvas(
  strips: Strips,
  format: Exclude<SaveFormat, 'png'>,
  quality: number,
): Promise<Result<Blob>> {
  const limits = await limitsOf(format);
  if (!limits.ok) return limits;
  const tooLarge = outputTooLarge(format, strips, limits.value);
  const context = openCanvas(strips);
  if (!context) return tooLarge;
  const drawn = await strips.each((block, y) => {
    const data = eightBits(block);
    if (format === 'jpeg') layOverWhite(data);
    context.putImageData(new ImageData(data, block.width, block.height), 0, y);
    return 'more';
  });
  if (!drawn.ok) return drawn;
  let file: Blob;
  try {
    file = await context.canvas.convertToBlob({ type: `image/${format}`, quality: clamp(quality) });
  } catch {
    return tooLarge;
  } finally {
    [context.canvas.width, context.canvas.height] = [1, 1];
  }
  if (file.type !== `image/${format}`) return unsupported(format);
  // Some encoders scale what is too large for them, without a word.
  const header = readPictureHeader(format, new Uint8Array(await file.slice(0, 2 ** 16).arrayBuffer()));
  const same = header.ok && header.value.width === strips.width && header.value.height === strips.height;
  return same ? ok(file) : tooLarge;
}

/** The pixels with 8 bits a sample, rounded to the nearest; the same array when they have them already. */
export function eightBits({ data }: Pick<PixelBlock, 'data'>): Uint8ClampedArray<ArrayBuffer> {
  if (!(data instanceof Uint16Array)) return data;
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i++) out[i] = ((data[i] as number) * 255 + 32_895) >> 16;
  return out;
}

/** Composes straight RGBA over white, in place. */
export function layOverWhite(data: Uint8ClampedArray<ArrayBuffer>): void {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] as number;
    if (alpha === 255) continue;
    const white = (255 - alpha) * 255;
    data[i] = ((data[i] as number) * alpha + white) / 255;
    data[i + 1] = ((data[i + 1] as number) * alpha + white) / 255;
    data[i + 2] = ((data[i + 2] as number) * alpha + white) / 255;
    data[i + 3] = 255;
  }
}

function clamp(quality: number): number {
  return Math.min(1, Math.max(0, quality));
}
