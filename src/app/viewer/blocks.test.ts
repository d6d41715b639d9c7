import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksIn, blockSide, overlap, spanOf } from './blocks.ts';

describe('spanOf', () => {
  it('cuts a length into parts that meet, each holding a little more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (length) => {
        const count = Math.ceil(length / blockSide);
        let end = 0;
        for (let index = 0; index < count; index++) {
          const span = spanOf(index, length);
          expect(span.own).toBe(end);
          expect(span.from).toBe(Math.max(0, span.own - overlap));
          expect(span.to).toBe(Math.min(length, span.ownEnd + overlap));
          end = span.ownEnd;
        }
        expect(end).toBe(length);
      }),
    );
  });
});

describe('blocksIn', () => {
  it('finds every block that holds a pixel of the rectangle, and no other', () => {
    const size = { width: 3000, height: 2000 };
    const side = fc.integer({ min: 1, max: 1500 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2999 }),
        fc.integer({ min: 0, max: 1999 }),
        side,
        side,
        (x, y, w, h) => {
          const width = Math.min(w, size.width - x);
          const height = Math.min(h, size.height - y);
          const found = new Set(blocksIn({ x, y, width, height }, size).map(String));
          for (let row = 0; row < 2; row++) {
            for (let column = 0; column < 3; column++) {
              const across = spanOf(column, size.width);
              const down = spanOf(row, size.height);
              const holds = across.from < x + width && across.to > x && down.from < y + height && down.to > y;
              expect(found.has(`${column},${row}`)).toBe(holds);
            }
          }
        },
      ),
    );
  });
});
