/** Cuts pixels into bands that can each be drawn without the page being felt to stop. Pure. */

import type { Size } from '../../picture/geometry.ts';

export interface Band {
  readonly y: number;
  readonly height: number;
}

const mostPixels = 160_000;

/** Bands of whole rows, from the top, that cover the size exactly. */
export function bandsOf({ width, height }: Size): Band[] {
  const rows = Math.max(1, Math.floor(mostPixels / width));
  const bands: Band[] = [];
  for (let y = 0; y < height; y += rows) bands.push({ y, height: Math.min(rows, height - y) });
  return bands;
}
