/** Whether tile borders can be seen: a measure against the same network's untiled result. */

import { invariant } from '../base/assert.ts';
import type { PixelBlock } from '../picture/pixel-store.ts';
import type { TilePlan } from './plan.ts';

/** Added to both sides of each ratio, in levels, so that flat pictures count and do not divide by zero. */
const epsilon = 0.5;

/**
 * The mean gradient across tile borders over that across parallel lines in the middle of tiles, divided
 * by the same ratio of the untiled result on the same lines. 1 when tiling left no trace. A border is
 * looked at in three places, where its rim begins, in its middle, and where it ends; the worst counts.
 * Both blocks are the 8-bit output, `scale` times the plan's size.
 */
export function seamRatio(result: PixelBlock, untiled: PixelBlock, plan: TilePlan, scale: number): number {
  for (const block of [result, untiled]) {
    const fits = block.width === plan.size.width * scale && block.height === plan.size.height * scale;
    invariant(fits, `A result of ${block.width} x ${block.height} for another plan`);
  }
  const inside = middleLines(plan, scale);
  const ratio = (block: PixelBlock, border: Lines): number =>
    (meanGradient(block, border) + epsilon) / (meanGradient(block, inside) + epsilon);
  let worst = 1;
  for (const part of [0, 0.5, 1]) {
    const border = borderLines(plan, scale, part);
    if (border.x.length + border.y.length === 0) return 1;
    worst = Math.max(worst, ratio(result, border) / ratio(untiled, border));
  }
  return worst;
}

/** Vertical lines left of columns `x`, horizontal ones above rows `y`. */
interface Lines {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

function borderLines({ tiles }: TilePlan, scale: number, part: number): Lines {
  const x: number[] = [];
  const y: number[] = [];
  for (const { row, column, write, overlap } of tiles) {
    if (row === 0 && column > 0) x.push(Math.round((write.x + overlap.left * part) * scale));
    if (column === 0 && row > 0) y.push(Math.round((write.y + overlap.top * part) * scale));
  }
  return { x, y };
}

/** In directions without borders there are no lines to compare with either. */
function middleLines({ tiles, columns, rows }: TilePlan, scale: number): Lines {
  const x: number[] = [];
  const y: number[] = [];
  for (const { row, column, write } of tiles) {
    if (row === 0 && columns > 1) x.push(Math.max(1, Math.round((write.x + write.width / 2) * scale)));
    if (column === 0 && rows > 1) y.push(Math.max(1, Math.round((write.y + write.height / 2) * scale)));
  }
  return { x, y };
}

/** Mean absolute difference of red, green and blue across lines, in levels. */
function meanGradient({ data, width, height }: PixelBlock, lines: Lines): number {
  let sum = 0;
  let count = 0;
  const visit = (pixel: number, before: number): void => {
    for (let channel = 0; channel < 3; channel++) {
      sum += Math.abs((data[pixel * 4 + channel] as number) - (data[before * 4 + channel] as number));
    }
    count += 3;
  };
  for (const x of lines.x) for (let y = 0; y < height; y++) visit(y * width + x, y * width + x - 1);
  for (const y of lines.y) for (let x = 0; x < width; x++) visit(y * width + x, (y - 1) * width + x);
  return count === 0 ? 0 : sum / count;
}
