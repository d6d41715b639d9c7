import { describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';

describe('Progress', () => {
  it('rises from 0 to 1 over all passes and never falls', () => {
    const progress = new Progress([
      { tiles: 4, seconds: 8 },
      { tiles: 2, seconds: 2 },
    ]);
    const seen: number[] = [];
    for (const [pass, tiles] of [4, 2].entries()) {
      progress.begin(pass, 0);
      seen.push(progress.event().progress);
      for (let i = 0; i < tiles; i++) {
        progress.tileDone(5);
        seen.push(progress.event().progress);
      }
    }
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBeCloseTo(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(progress.event()).toMatchObject({ tile: 6, tiles: 6, secondsLeft: 0 });
  });

  it('does not fall by a rounding error between two passes', () => {
    for (let tiles = 1; tiles < 60; tiles++) {
      const progress = new Progress([
        { tiles, seconds: 0.7 / tiles },
        { tiles: 1, seconds: 0.3 },
      ]);
      progress.begin(0, 0);
      for (let i = 0; i < tiles; i++) progress.tileDone(1);
      const end = progress.event().progress;
      progress.begin(1, 0);
      expect(progress.event().progress).toBeGreaterThanOrEqual(end);
    }
  });

  it('ends at exactly 1', () => {
    for (let tiles = 1; tiles < 60; tiles++) {
      const progress = new Progress([{ tiles, seconds: 0.7 / tiles }]);
      progress.begin(0, 0);
      for (let i = 0; i < tiles; i++) progress.tileDone(1);
      expect(progress.event().progress).toBe(1);
    }
  });

  it('measures the time left on its own tiles and corrects later passes by it', () => {
    const progress = new Progress([
      { tiles: 4, seconds: 4 },
      { tiles: 1, seconds: 3 },
    ]);
    progress.begin(0, 0);
    expect(progress.event().secondsLeft).toBeCloseTo(4 + 3); // by the speeds measured before
    progress.tileDone(2); // twice as slow as estimated
    expect(progress.event().secondsLeft).toBeCloseTo(3 * 2 + 3 * 2);
    expect(progress.event().next).toEqual({ progress: expect.closeTo(1 / 7) as number, seconds: 2 });
  });

  it('goes on from a checkpoint', () => {
    const progress = new Progress([{ tiles: 4, seconds: 4 }]);
    progress.begin(0, 3);
    expect(progress.event()).toMatchObject({ tile: 3, progress: 0.75, secondsLeft: 1 });
  });

  describe('with tiles of several kinds', () => {
    const costs = [
      ...Array.from({ length: 8 }, () => ({ kind: 'predict', seconds: 1 })),
      ...Array.from({ length: 2 }, () => ({ kind: 'decode', seconds: 3 })),
    ];
    const pass = { tiles: 10, seconds: 14, costs };

    it('counts each by what its own kind takes, without the opening of its network', () => {
      const progress = new Progress([pass, { tiles: 1, seconds: 0.5 }]);
      progress.begin(0, 0);
      expect(progress.event().secondsLeft).toBeNull();
      progress.tileDone(30);
      // Of decoding nothing is known but that it takes three times as long.
      progress.tileDone(10);
      progress.tileDone(10);
      const decoding = 6 * 10;
      expect(progress.event()).toMatchObject({
        progress: expect.closeTo(3 / 14.5) as number,
        secondsLeft: expect.closeTo(5 * 10 + decoding + 0.5) as number,
        next: { progress: expect.closeTo(1 / 14.5) as number, seconds: expect.closeTo(10) as number },
      });
      for (let i = 3; i < 8; i++) progress.tileDone(10);
      progress.tileDone(12);
      expect(progress.event().secondsLeft).toBeCloseTo(12 + 0.5);
    });

    it('tells no time before it when a pass is still to come', () => {
      const progress = new Progress([{ tiles: 1, seconds: 1 }, pass]);
      progress.begin(0, 0);
      progress.tileDone(1);
      expect(progress.event().secondsLeft).toBeNull();
    });

    it('tells it again after a checkpoint among the last kind', () => {
      const progress = new Progress([pass]);
      progress.begin(0, 8);
      expect(progress.event()).toMatchObject({
        progress: expect.closeTo(8 / 14) as number,
        secondsLeft: null,
      });
      progress.tileDone(5);
      expect(progress.event()).toMatchObject({ progress: expect.closeTo(11 / 14) as number, secondsLeft: 5 });
    });
  });
});
