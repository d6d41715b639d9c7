/**
 * What went wrong, and the way out, by code. A code that is missing here, or whose numbers are not
 * given, is told in the failure's own words.
 */

import type { ErrorCode } from '../../base/errors.ts';
import type { Size } from '../../picture/geometry.ts';
import type { Formats } from './format.ts';

type Detail = Readonly<Record<string, string | number | boolean>>;
type Words = (detail: Detail) => string | null;

export function failureWords(
  format: Formats,
  size: (size: Size) => string,
): Partial<Record<ErrorCode, Words>> {
  const sizeIn = (detail: Detail): string | null => {
    const { width, height } = detail;
    return typeof width === 'number' && typeof height === 'number' ? size({ width, height }) : null;
  };
  const bytesIn = (value: string | number | boolean | undefined): string | null =>
    typeof value === 'number' ? format.bytes(value) : null;
  return {
    cancelled: () => 'It was cancelled.',
    'picture-empty': () => 'The file is empty (0 bytes). Get the picture again from where it came.',
    'picture-unknown': () =>
      'This is not a picture that can be read. Open a PNG, JPEG, WebP, AVIF, GIF or BMP file.',
    'output-too-large': (detail) => {
      const wanted = sizeIn(detail);
      const { format: file, side, pixels } = detail;
      if (wanted && typeof file === 'string' && typeof side === 'number' && typeof pixels === 'number') {
        const most = `${format.number(side)} pixels a side and ${format.number(pixels / 1e6)} megapixels`;
        return `A ${file} file holds at most ${most} here, not ${wanted}. Choose a smaller size or another format.`;
      }
      const needed = bytesIn(detail['needed']);
      const limit = bytesIn(detail['limit']);
      return wanted && needed && limit
        ? `${wanted} would need ${needed} of memory; this device can give about ${limit}. Choose a smaller size.`
        : null;
    },
    'prompt-too-long': (detail) => {
      const { maximumChunks } = detail;
      return typeof maximumChunks === 'number'
        ? `This prompt is too long: ${format.number(maximumChunks * 75)} tokens are the most. Shorten it.`
        : null;
    },
    'prompt-unsupported': ({ syntax, vectors }) => {
      if (syntax === 'AND')
        return 'AND, which joins two prompts, is not supported. Write a comma or BREAK instead, or "and" in small letters.';
      return typeof vectors === 'number'
        ? `The embedding "${syntax}" is too large to be used in a prompt. Leave its name out.`
        : null;
    },
    'gpu-unavailable': () =>
      'This browser offers no WebGPU here. Choose "The faster one" or "CPU" under Device.',
    'worker-died': () =>
      'A part of Enlarger stopped, most likely because memory ran out. Try again; if it happens again, choose a smaller size or close other tabs.',
    'out-of-memory': (detail) => {
      const tile = sizeIn(detail);
      if (tile) return `Memory ran short. The work goes on with smaller tiles, of ${tile}.`;
      if (detail['what'] === 'batch')
        return 'Memory ran short. Prompt and negative prompt are computed one after the other from now on.';
      if (detail['goesOn'] === true) return 'Memory ran out. The engine starts again, and the work goes on.';
      // It tells itself which part of a diffusion model it is.
      if (detail['part']) return null;
      return detail['fatal'] === true
        ? 'This device ran out of memory. Close other tabs, or choose a smaller size.'
        : 'This device ran out of memory, even with the smallest tiles. Close other tabs, or choose a smaller size.';
    },
  };
}
