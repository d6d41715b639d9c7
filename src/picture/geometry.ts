/** Sizes and rectangles, in whole pixels, y downwards. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export function rectOf(size: Size): Rect {
  return { x: 0, y: 0, width: size.width, height: size.height };
}

export function area(size: Size): number {
  return size.width * size.height;
}
