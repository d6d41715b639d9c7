/**
 * Which values a network takes and gives: the pair of ranges with which it enlarges a picture most faithfully. What it
 * gives is told surely where it cuts off what lies beyond.
 */

import { valueRanges, type ForeignEnd } from '../../../src/architectures/foreign.ts';
import { invariant } from '../../../src/base/assert.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { Values } from './bare-runner.ts';
import { taken } from './shaped.ts';
import type { Planes } from './test-picture.ts';

type Range = ForeignEnd['range'];

export interface RangeFound {
  readonly input: Range;
  readonly output: Range;
  readonly order: ForeignEnd['order'];
  /** Mean distance of the result, reduced again, from the picture, 0 to 1; infinite for results that are no numbers. */
  readonly distance: number;
}

/** How much better a range must be than a more usual one, and how much one that differs between the ends. */
const enough: Readonly<Record<Range, number>> = { unit: 1, byte: 0.6, signed: 0.35 };
const enoughMixed = 0.35;

/** Results for one input range. */
export interface RangeTrial {
  readonly input: Range;
  readonly result: Values;
  readonly size: Size;
}

/** `outputs` are the ranges that the output may have. */
export function findRange(
  trials: readonly RangeTrial[],
  outputs: readonly Range[],
  output: ForeignEnd,
  picture: Planes,
  size: Size,
): RangeFound {
  let best: RangeFound | null = null;
  const pairs = trials.flatMap((trial) => outputs.map((range) => ({ trial, range })));
  const unusual = ({ trial, range }: (typeof pairs)[number]): number =>
    trial.input === range ? valueRanges.indexOf(range) : valueRanges.length;
  for (const { trial, range } of pairs.sort((a, b) => unusual(a) - unusual(b))) {
    const rgb = taken(trial.result, trial.size, { ...output, range, order: 'rgb' });
    const distance = distanceTo(picture, size, rgb, trial.size, output.channels === 1);
    const turned = distanceTo(picture, size, swapped(rgb), trial.size, output.channels === 1);
    const found: RangeFound = {
      input: trial.input,
      output: range,
      order: turned < distance * 0.5 ? 'bgr' : 'rgb',
      distance: Math.min(distance, turned),
    };
    const needed = trial.input === range ? enough[range] : enoughMixed;
    if (!best || found.distance < best.distance * needed) best = found;
  }
  invariant(best, 'At least one pair of ranges was tried');
  return best;
}

/** The output range that a network shows by cutting off: of what it gave for values far below and far above. */
export function rangeOfLimits(low: number, high: number): Range | null {
  if (Math.abs(high - 255) < 8) return 'byte';
  if (Math.abs(high - 1) > 0.1) return null;
  if (Math.abs(low + 1) < 0.1) return 'signed';
  return Math.abs(low) < 0.1 ? 'unit' : null;
}

function swapped(planes: Planes): Planes {
  const count = planes.length / 3;
  const turned = new Float32Array(planes.length);
  for (let channel = 0; channel < 3; channel++) {
    turned.set(planes.subarray(channel * count, (channel + 1) * count), (2 - channel) * count);
  }
  return turned;
}

/** Mean distance between a picture and its enlargement, which is reduced by means over blocks. */
function distanceTo(picture: Planes, size: Size, result: Planes, large: Size, grey: boolean): number {
  const [across, down] = [large.width / size.width, large.height / size.height];
  const count = size.width * size.height;
  let sum = 0;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const wanted = [0, 1, 2].map((channel) => picture[channel * count + y * size.width + x] ?? 0);
      const [red = 0, green = 0, blue = 0] = wanted;
      const brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
      for (let channel = 0; channel < 3; channel++) {
        const start = channel * large.width * large.height;
        let mean = 0;
        for (let row = y * down; row < (y + 1) * down; row++) {
          for (let column = x * across; column < (x + 1) * across; column++) {
            mean += (result[start + row * large.width + column] ?? NaN) / (across * down);
          }
        }
        sum += Math.abs(mean - (grey ? brightness : (wanted[channel] ?? 0)));
      }
    }
  }
  return Number.isFinite(sum) ? sum / (3 * count) : Infinity;
}
