/** Rectangles of maps: channel by channel, row by row. */

import { invariant } from '../../base/assert.ts';
import { area, type Rect, type Size } from '../../picture/geometry.ts';
import type { Floats } from './networks.ts';

/** Writes `values` into `rect`, which lies in the map, of a map of `size`: the way back of `cutPlanes` (tiles/cut.ts). */
export function pastePlanes(map: Floats, size: Size, rect: Rect, values: Floats): void {
  const channels = map.length / area(size);
  invariant(
    values.length === channels * area(rect),
    `${values.length} values for ${rect.width} x ${rect.height}`,
  );
  for (let row = 0; row < channels * rect.height; row++) {
    const [channel, y] = [Math.floor(row / rect.height), rect.y + (row % rect.height)];
    const to = (channel * size.height + y) * size.width + rect.x;
    map.set(values.subarray(row * rect.width, (row + 1) * rect.width), to);
  }
}

/** Values of several calls, one after another. */
export function joined(parts: readonly Floats[]): Floats {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}

/** The way back: as many equal parts, which share the values' memory. */
export function apart(values: Floats, count: number): Floats[] {
  const length = values.length / count;
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length));
}

/** Every value times a factor plus an offset, in place. */
export function scaled(values: Floats, factor: number, offset = 0): Floats {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor + offset;
  return values;
}

/** Whether every value is a number: half precision turns what is too large into infinity. */
export function allFinite(values: Floats): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}
