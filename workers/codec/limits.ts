/** What this browser can write, and how large, asked of it before any work is done. */

import { fail, ok, type Result } from '../../src/base/result.ts';
import { PNG_MAX_SIDE } from '../../src/formats/png/structure.ts';
import { WEBP_MAX_SIDE } from '../../src/formats/webp.ts';
import { area, type Size } from '../../src/picture/geometry.ts';
import type { SaveFormat } from '../../src/protocol/codec.ts';

export interface Limits {
  readonly side: number;
  readonly pixels: number;
}

/**
 * PNG is written in strips, so only the result itself must fit: 2 GiB of RGBA. The others need a canvas.
 * The JPEG format could hold 65,535 a side; the encoder in browsers stops at 65,500.
 */
const FORMATS: Readonly<Record<SaveFormat, Limits>> = {
  png: { side: PNG_MAX_SIDE, pixels: 2 ** 29 },
  jpeg: { side: 65_500, pixels: 2 ** 28 },
  webp: { side: WEBP_MAX_SIDE, pixels: 2 ** 28 },
};

/** Sides that canvases are known to stop at, in the browsers there are. */
const CANVAS_SIDES = [65_535, 32_767, 16_384, 8_192, 4_096];

const supported = new Map<SaveFormat, Promise<boolean>>();
let canvasSide: number | undefined;

/** The largest picture of a format; `format-unsupported` when this browser cannot write it. */
export async function limitsOf(format: SaveFormat): Promise<Result<Limits>> {
  const limits = FORMATS[format];
  if (format === 'png') return ok(limits);
  let answer = supported.get(format);
  if (!answer) supported.set(format, (answer = canWrite(format)));
  if (!(await answer)) return unsupported(format);
  canvasSide ??= CANVAS_SIDES.find((side) => openCanvas({ width: side, height: 1 }) !== null) ?? 0;
  return ok({ side: Math.min(limits.side, canvasSide), pixels: limits.pixels });
}

/** `output-too-large` with the numbers and the way out, when a picture of this size cannot be written. */
export async function checkFits(format: SaveFormat, size: Size): Promise<Result<null>> {
  const limits = await limitsOf(format);
  if (!limits.ok) return limits;
  const { side, pixels } = limits.value;
  const fits = Math.max(size.width, size.height) <= side && area(size) <= pixels;
  return fits ? ok(null) : outputTooLarge(format, size, limits.value);
}

export function outputTooLarge(
  format: SaveFormat,
  { width, height }: Size,
  { side, pixels }: Limits,
): Result<never> {
  const wayOut = format === 'png' ? 'Choose a smaller size.' : 'Save it as PNG, or choose a smaller size.';
  const message =
    `The result has ${width} x ${height} pixels, more than can be written as ${nameOf(format)} here ` +
    `(at most ${side} a side and ${pixels} in all, less where memory is short). ${wayOut}`;
  return fail('output-too-large', message, { format, width, height, side, pixels });
}

export function unsupported(format: SaveFormat): Result<never> {
  return fail('format-unsupported', `This browser cannot write ${nameOf(format)} files. Save it as PNG.`, {
    format,
  });
}

/** A canvas that really holds a picture of this size: beyond their limits canvases silently stay blank. */
export function openCanvas({ width, height }: Size): OffscreenCanvasRenderingContext2D | null {
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) return null;
    context.fillStyle = '#fff';
    context.fillRect(width - 1, height - 1, 1, 1);
    const [value] = context.getImageData(width - 1, height - 1, 1, 1).data;
    context.clearRect(width - 1, height - 1, 1, 1);
    return value === 255 ? context : null;
  } catch {
    return null;
  }
}

async function canWrite(format: SaveFormat): Promise<boolean> {
  const context = openCanvas({ width: 1, height: 1 });
  const file = await context?.canvas.convertToBlob({ type: `image/${format}` });
  return file?.type === `image/${format}`;
}

function nameOf(format: SaveFormat): string {
  return format === 'webp' ? 'WebP' : format.toUpperCase();
}
