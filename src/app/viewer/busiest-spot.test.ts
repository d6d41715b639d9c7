import { describe, expect, it } from 'vitest';
import { busiestSpot } from './busiest-spot.ts';

/** Grey, with a chessboard in the square of `side` at `left`, `top`. */
function picture(width: number, height: number, left: number, top: number, side: number): Uint8ClampedArray {
  const data = new Uint8ClampedArray(width * height * 4).fill(128);
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) {
      data.fill((x + y) % 2 ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return data;
}

describe('busiestSpot', () => {
  it('finds the part with the edges', () => {
    const data = picture(40, 30, 25, 3, 8);
    const { x, y } = busiestSpot(data, { width: 40, height: 30 }, 10);
    // The whole chessboard is in it.
    expect([23, 24, 25]).toContain(x);
    expect([1, 2, 3]).toContain(y);
  });

  it('is the middle where nothing is to see', () => {
    const data = new Uint8ClampedArray(40 * 30 * 4).fill(7);
    expect(busiestSpot(data, { width: 40, height: 30 }, 10)).toEqual({ x: 15, y: 10 });
  });

  it('covers a picture that is smaller', () => {
    expect(busiestSpot(picture(6, 4, 0, 0, 2), { width: 6, height: 4 }, 64)).toEqual({ x: 0, y: 0 });
  });
});
