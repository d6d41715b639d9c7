/** upng-js, loaded when it is needed: PNG files with a palette, and PNG decoding without a GPU. */

/// <reference path="./upng-js.d.ts" />

import { area, type Size } from '../../src/picture/geometry.ts';

/**
 * A PNG with a palette, lossless, of RGBA pixels that have at most 256 colours. With exactly 256, none
 * of them transparent black, upng-js finds no room beside its own first entry and writes true colour.
 */
export async function encodePalette({ width, height }: Size, pixels: ArrayBuffer): Promise<Blob> {
  const { default: upng } = await import('upng-js');
  return new Blob([upng.encode([pixels], width, height, 0)], { type: 'image/png' });
}

/** The file's first picture as RGBA words with straight alpha; null when upng-js cannot read it. */
export async function decodePng(file: Blob, size: Size): Promise<Uint32Array<ArrayBuffer> | null> {
  const { default: upng } = await import('upng-js');
  try {
    const [pixels] = upng.toRGBA8(upng.decode(await file.arrayBuffer()));
    return pixels?.byteLength === area(size) * 4 ? new Uint32Array(pixels) : null;
  } catch {
    return null;
  }
}
