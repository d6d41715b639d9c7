/** How large the canvases behind a surface are: pure, so that memory can be reasoned about. */

import type { Size } from '../../picture/geometry.ts';

export interface LevelSize extends Size {
  /** Level pixels for one frame pixel. */
  readonly scale: number;
}

const longestSide = 16_384; // canvas limit of the common browsers
const smallest = 700_000; // pixels: no level is worth keeping below this

/** Full size first (at most `most` pixels), then halves, so that a draw never shrinks by more than two. */
export function levelSizes(frame: Size, most: number): LevelSize[] {
  const first = Math.min(
    1,
    Math.sqrt(most / (frame.width * frame.height)),
    longestSide / Math.max(frame.width, frame.height),
  );
  const sizes: LevelSize[] = [];
  for (let scale = first; ; scale /= 2) {
    const size = {
      width: Math.max(1, Math.round(frame.width * scale)),
      height: Math.max(1, Math.round(frame.height * scale)),
      scale,
    };
    sizes.push(size);
    if (size.width * size.height <= smallest) return sizes;
  }
}

/** The smallest level that is at least as fine as `scale`, else the finest. */
export function levelFor<L extends { readonly scale: number }>(
  levels: readonly L[],
  scale: number,
): L | undefined {
  return levels.findLast((level) => level.scale >= scale) ?? levels[0];
}
