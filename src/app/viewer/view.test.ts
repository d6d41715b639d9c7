import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clamped,
  fitted,
  frameBox,
  panned,
  reframed,
  toFrame,
  toStage,
  visibleBox,
  visiblePixels,
  zoomedAt,
} from './view.ts';

const stage = { width: 1000, height: 700 };
const frame = { width: 1720, height: 1720 };

describe('fitted', () => {
  it('shows the whole frame as large as can be', () => {
    const box = frameBox(fitted(frame, stage), frame, stage);
    expect(box).toEqual({ x: 150, y: 0, width: 700, height: 700 });
  });

  it('does not blow a tiny frame up without end', () => {
    expect(fitted({ width: 4, height: 4 }, stage).scale).toBe(6);
  });
});

describe('toFrame and toStage', () => {
  it('undo each other', () => {
    const view = { scale: 0.37, center: { x: 900, y: 500 } };
    const back = toStage(view, stage, toFrame(view, stage, { x: 123, y: 456 }));
    expect(back.x).toBeCloseTo(123, 9);
    expect(back.y).toBeCloseTo(456, 9);
  });
});

describe('zoomedAt', () => {
  it('keeps the point under the pointer when the frame fills the stage', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 8, noNaN: true }),
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 0, max: 700 }),
        (factor, x, y) => {
          const view = clamped({ scale: 1.5, center: { x: 800, y: 900 } }, frame, stage);
          const before = toFrame(view, stage, { x, y });
          const after = toFrame(zoomedAt(view, frame, stage, 1.5 * factor, { x, y }), stage, { x, y });
          expect(after.x).toBeCloseTo(before.x, 6);
          expect(after.y).toBeCloseTo(before.y, 6);
        },
      ),
    );
  });

  it('never leaves the range of scales', () => {
    const view = fitted(frame, stage);
    expect(zoomedAt(view, frame, stage, 1e9, { x: 0, y: 0 }).scale).toBe(64);
    expect(zoomedAt(view, frame, stage, 0, { x: 0, y: 0 }).scale).toBe(1 / 8);
  });
});

describe('clamped', () => {
  it('centres what is smaller than the stage, and leaves no gap beside what is larger', () => {
    const small = clamped({ scale: 0.2, center: { x: 0, y: 0 } }, frame, stage);
    expect(small.center).toEqual({ x: 860, y: 860 });
    const large = frameBox(clamped({ scale: 2, center: { x: -50, y: 9999 } }, frame, stage), frame, stage);
    expect(large.x).toBeCloseTo(0);
    expect(large.y + large.height).toBeCloseTo(stage.height);
  });
});

describe('panned', () => {
  it('moves the picture with the pointer', () => {
    const view = { scale: 2, center: { x: 860, y: 860 } };
    expect(panned(view, frame, stage, { x: 20, y: -10 }).center).toEqual({ x: 850, y: 865 });
  });
});

describe('visible parts', () => {
  it('are cut to the stage and to the frame', () => {
    const fit = fitted(frame, stage);
    expect(visibleBox(fit, frame, stage)).toEqual({ x: 150, y: 0, width: 700, height: 700 });
    expect(visiblePixels(fit, frame, stage)).toEqual({ x: 0, y: 0, width: 1720, height: 1720 });
    const near = { scale: 2, center: { x: 860, y: 860 } };
    expect(visiblePixels(near, frame, stage)).toEqual({ x: 610, y: 685, width: 500, height: 350 });
  });
});

describe('reframed', () => {
  it('keeps the same part of the picture in sight', () => {
    const view = { scale: 2, center: { x: 860, y: 860 } };
    const half = reframed(view, frame, { width: 860, height: 860 }, stage);
    expect(half).toEqual({ scale: 4, center: { x: 430, y: 430 } });
  });
});
