import { describe, expect, it } from 'vitest';
import type { Pass } from '../../recipes/passes.ts';
import { mapFrom, mapped, pictureBox, unmapped } from './frame-map.ts';

const source = { width: 100, height: 50 };
const twice: Pass = {
  kind: 'model',
  step: 0,
  model: 'm',
  scale: 2,
  input: { x: 10, y: 0, width: 80, height: 50 },
  output: { width: 160, height: 100 },
};
const padded: Pass = {
  kind: 'resample',
  step: 0,
  filter: 'lanczos3',
  window: { x: 0, y: 0, width: 160, height: 100 },
  output: { width: 80, height: 80 },
  place: { x: 0, y: 15, width: 80, height: 50 },
  background: '#000000',
};

describe('mapFrom', () => {
  it('is the identity without passes', () => {
    expect(mapped(mapFrom([], 'picture'), { x: 3, y: 4, width: 5, height: 6 })).toEqual({
      x: 3,
      y: 4,
      width: 5,
      height: 6,
    });
  });

  it('composes a crop with a pad', () => {
    const map = mapFrom([twice, padded], 'picture');
    expect(mapped(map, { x: 10, y: 0, width: 80, height: 50 })).toEqual({
      x: 0,
      y: 15,
      width: 80,
      height: 50,
    });
  });

  it('starts after a pass', () => {
    const map = mapFrom([twice, padded], 0);
    expect(mapped(map, { x: 0, y: 0, width: 160, height: 100 })).toEqual(padded.place);
    expect(mapFrom([twice, padded], 1)).toEqual({ scaleX: 1, scaleY: 1, x: 0, y: 0 });
  });

  it('follows each of two branches to where they are mixed', () => {
    const other: Pass = { ...padded, from: 'picture', window: { x: 10, y: 0, width: 80, height: 50 } };
    const { output } = padded;
    const mixed: Pass = {
      kind: 'blend',
      step: 0,
      from: 1,
      other: 2,
      visibility: 0.5,
      by: ['m', 'n'],
      output,
    };
    const passes = [twice, padded, other, mixed];
    expect(mapFrom(passes, 'picture')).toEqual(mapFrom([twice, padded], 'picture'));
    expect(mapFrom(passes, 0)).toEqual(mapFrom([twice, padded], 0));
    for (const end of [1, 2, 3]) expect(mapFrom(passes, end)).toEqual({ scaleX: 1, scaleY: 1, x: 0, y: 0 });
  });

  it('goes back', () => {
    const map = mapFrom([twice, padded], 'picture');
    const rect = { x: 20, y: 5, width: 30, height: 10 };
    expect(unmapped(map, mapped(map, rect))).toEqual(rect);
  });
});

describe('pictureBox', () => {
  it('is the place that a pad leaves', () => {
    expect(pictureBox([twice, padded], source)).toEqual(padded.place);
  });

  it('is the whole frame for a crop, and for no pass', () => {
    expect(pictureBox([twice], source)).toEqual({ x: 0, y: 0, width: 160, height: 100 });
    expect(pictureBox([], source)).toEqual({ x: 0, y: 0, ...source });
  });
});
