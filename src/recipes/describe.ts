/** Passes in words; the words themselves belong to whoever speaks. */

import type { Size } from '../picture/geometry.ts';
import type { Pass, ResamplePass } from './passes.ts';

export interface PassWords {
  /** A network's pass, by its scale. */
  readonly times: (scale: number) => string;
  /** A resample to a size, by what it does to the picture. */
  readonly to: Readonly<Record<'down' | 'up' | 'stretched' | 'same', (size: Size) => string>>;
  /** Passes one after the other. */
  readonly chain: (words: readonly string[]) => string;
  /** For no change at all. */
  readonly unchanged: string;
}

/** For example "4×, then 4×, then down to 3840 × 2160". */
export function describePasses(passes: readonly Pass[], words: PassWords): string {
  const said = passes.flatMap((pass) =>
    pass.kind === 'model' ? [words.times(pass.scale)] : describeResample(pass, words),
  );
  return said.length > 0 ? words.chain(said) : words.unchanged;
}

function describeResample({ window, output, place }: ResamplePass, { to }: PassWords): string[] {
  const across = place.width / window.width;
  const down = place.height / window.height;
  const padded = place.width !== output.width || place.height !== output.height;
  if (across === 1 && down === 1) {
    return window.x === 0 && window.y === 0 && !padded ? [] : [to.same(output)];
  }
  if (across <= 1 && down <= 1) return [to.down(output)];
  if (across >= 1 && down >= 1) return [to.up(output)];
  return [to.stretched(output)];
}
