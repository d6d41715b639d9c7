import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orientedSize, placeTile, uprightMatrix } from './orient.ts';

const orientations = fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8);

it('turns a picture as EXIF says', () => {
  // Stored: 1 2 3 / 4 5 6
  const expected = {
    1: [1, 2, 3, 4, 5, 6],
    2: [3, 2, 1, 6, 5, 4],
    3: [6, 5, 4, 3, 2, 1],
    4: [4, 5, 6, 1, 2, 3],
    5: [1, 4, 2, 5, 3, 6],
    6: [4, 1, 5, 2, 6, 3],
    7: [6, 3, 5, 2, 4, 1],
    8: [3, 6, 2, 5, 1, 4],
  } as const;
  const stored = { width: 3, height: 2 };
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8] as const) {
    const to = new Uint32Array(6);
    placeTile(Uint32Array.of(1, 2, 3, 4, 5, 6), { x: 0, y: 0, ...stored }, stored, orientation, to);
    expect([...to], `orientation ${orientation}`).toEqual([...expected[orientation]]);
  }
});

it('gives the same picture in tiles as in one piece, and as the canvas transform draws it', () => {
  const side = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(side, side, side, orientations, (width, height, tile, orientation) => {
      const stored = { width, height };
      const whole = Uint32Array.from({ length: width * height }, (_, i) => i + 1);
      const expected = new Uint32Array(whole.length);
      placeTile(whole, { x: 0, y: 0, ...stored }, stored, orientation, expected);
      const tiled = new Uint32Array(whole.length);
      for (let y = 0; y < height; y += tile) {
        for (let x = 0; x < width; x += tile) {
          const rect = { x, y, width: Math.min(tile, width - x), height: Math.min(tile, height - y) };
          const pixels = Uint32Array.from(
            { length: rect.width * rect.height },
            (_, i) => whole[(y + Math.floor(i / rect.width)) * width + x + (i % rect.width)] ?? 0,
          );
          placeTile(pixels, rect, stored, orientation, tiled);
        }
      }
      expect(tiled).toEqual(expected);
      const [a, b, c, d, e, f] = uprightMatrix(stored, orientation);
      const upright = orientedSize(stored, orientation);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const toX = a * (x + 0.5) + c * (y + 0.5) + e - 0.5;
          const toY = b * (x + 0.5) + d * (y + 0.5) + f - 0.5;
          expect(expected[toY * upright.width + toX]).toBe(whole[y * width + x]);
        }
      }
    }),
  );
});
