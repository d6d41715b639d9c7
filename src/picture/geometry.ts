/** Sizes and rectangles, in whole pixels, y downwards. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in continuous pixel coordinates: pixel i covers [i, i + 1). */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function rectOf(size: Size): Rect {
  return { x: 0, y: 0, width: size.width, height: size.height };
}

export function area(size: Size): number {
  return size.width * size.height;
}
