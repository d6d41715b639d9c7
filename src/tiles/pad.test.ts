import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropPlanes, padPlanes } from './pad.ts';

const counting = (length: number): Float32Array<ArrayBuffer> => Float32Array.from({ length }, (_, i) => i);

describe('padPlanes', () => {
  it('mirrors beyond the right and bottom edge without repeating it', () => {
    const padded = padPlanes(counting(6), { width: 3, height: 2 }, { multiple: 4 });
    expect(padded.size).toEqual({ width: 4, height: 4 });
    expect([...padded.planes]).toEqual([0, 1, 2, 1, 3, 4, 5, 4, 0, 1, 2, 1, 3, 4, 5, 4]);
  });

  it('goes back and forth in what is smaller than the filling', () => {
    expect([
      ...padPlanes(counting(2), { width: 2, height: 1 }, { multiple: 5 }).planes.subarray(0, 5),
    ]).toEqual([0, 1, 0, 1, 0]);
    expect([...padPlanes(counting(1), { width: 1, height: 1 }, { multiple: 2 }).planes]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('is undone by cropPlanes, and leaves alone what fits', () => {
    const side = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 16 }), (width, height, multiple) => {
        const planes = counting(3 * width * height);
        const padded = padPlanes(planes, { width, height }, { multiple });
        expect([padded.size.width % multiple, padded.size.height % multiple]).toEqual([0, 0]);
        if (width % multiple === 0 && height % multiple === 0) expect(padded.planes).toBe(planes);
        expect(cropPlanes(padded.planes, padded.size, { width, height })).toEqual(planes);
      }),
    );
  });

  it('fills up to the shortest side that a network can run', () => {
    const padded = padPlanes(counting(3 * 5 * 20), { width: 5, height: 20 }, { multiple: 8, least: 16 });
    expect(padded.size).toEqual({ width: 16, height: 24 });
  });

  it('fills up to the one shape that a network has', () => {
    const planes = counting(3 * 5 * 20);
    const padded = padPlanes(
      planes,
      { width: 5, height: 20 },
      { multiple: 1, fixed: { width: 32, height: 24 } },
    );
    expect(padded.size).toEqual({ width: 32, height: 24 });
    expect(cropPlanes(padded.planes, padded.size, { width: 5, height: 20 })).toEqual(planes);
  });
});
