/** Names for results: `photo@4x.png`, `photo@3840x2160.jpg`. */

import type { Size } from '../picture/geometry.ts';

const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

/** Bytes of UTF-8 for the original's part; file systems give a whole name 255. */
const mostBytes = 200;

/**
 * The name of a result of size `result` made from the file `original` of size `source`: with the factor
 * where it is a plain one (a multiple of 0.05, the same for both sides), else with its size. Folders and
 * the extension are dropped; characters that some file system refuses become `_`; everything else,
 * in any script, stays.
 */
export function resultName(
  original: string,
  source: Size,
  result: Size,
  format: keyof typeof extensions,
): string {
  const factor = plainFactor(source, result);
  const tail = factor === null ? `${result.width}x${result.height}` : `${factor}x`;
  return `${stemOf(original)}@${tail}.${extensions[format]}`;
}

/** `name`, or `name (2)`, `name (3)` … before the extension, so that it differs from all `taken` in more than case. */
export function uniqueName(name: string, taken: Iterable<string>): string {
  const used = new Set([...taken].map(folded));
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const extension = dot > 0 ? name.slice(dot) : '';
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${stem} (${number})${extension}`;
    if (!used.has(folded(candidate))) return candidate;
  }
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** The factor as a person would have typed it, or null when the size was chosen otherwise. */
function plainFactor(source: Size, result: Size): number | null {
  const factor = Math.round((result.width / source.width) * 20) / 20;
  const fits = (from: number, to: number): boolean => Math.max(1, Math.round(from * factor)) === to;
  return fits(source.width, result.width) && fits(source.height, result.height) && factor > 0 ? factor : null;
}

function stemOf(original: string): string {
  const file = original.slice(Math.max(original.lastIndexOf('/'), original.lastIndexOf('\\')) + 1);
  const stem = file
    .normalize('NFC')
    .replace(/(?<=.)\.[a-z0-9]{1,5}$/iu, '')
    // Refused by Windows, or invisible: control characters and those that turn the writing direction.
    .replace(/[<>:"|?*\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '_')
    .replace(/^[. ]+|[. ]+$/gu, '');
  return shortened(stem) || 'picture';
}

/** Cut to `mostBytes`, between whole characters. */
function shortened(stem: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(stem).length <= mostBytes) return stem;
  let kept = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(stem)) {
    bytes += encoder.encode(segment).length;
    if (bytes > mostBytes) break;
    kept += segment;
  }
  return kept.trimEnd();
}
